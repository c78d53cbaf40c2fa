import { spawnSync } from "node:child_process";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";
import { minify } from "terser";
import type { FunctionName } from "../contract/names.ts";
import project from "../package.json" with { type: "json" };

/*
 * Builds what does not run from its sources:
 *
 *   dist/agent.mjs    the agent, one file without any package: machines fetch it from parameters
 *   dist/controller.mjs  the function that looks after the environment, one file: what Lambda runs
 *   dist/receiver.mjs the webhook's receiver, one file without any package: what Lambda runs
 *   dist/longhaul.js  the operator's command, in chunks so that each verb loads only its own
 *   dist/main.js      the same as a module: the program's Commands call it
 *   dist/index.js     the package: the components, for other Pulumi programs
 *   dist/types/       their type declarations, with --types and when npm prepares the package
 */

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const requireForCommonJs =
  'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
};

/** Minified: a machine reads it in pieces of 4 KB. */
async function buildAgent(): Promise<void> {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: ["runtime/agent/main.ts"],
    legalComments: "none",
    write: false,
  });
  const { code } = await minify(outputFiles[0]!.text, {
    module: true,
    compress: { passes: 4, hoist_funs: true, keep_fargs: false },
  });
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, "agent.mjs"), `${code!}\n`);
}

/** One file for Lambda, with an exported `handler`. Minified: it is read at each cold start. */
async function buildFunction(name: FunctionName): Promise<void> {
  await build({
    ...shared,
    entryPoints: [`runtime/functions/${name}/main.ts`],
    outfile: join(dist, `${name}.mjs`),
    target: "node22",
    minify: true,
    legalComments: "none",
  });
}

/**
 * The entry's own `#!` line survives the bundling. Its packages are bundled:
 * to read the AWS SDK from hundreds of files is most of what a verb takes to
 * start. Pulumi's stay outside, and what only the local cloud needs.
 */
async function buildCommand(): Promise<void> {
  const { peerDependencies, devDependencies } = project;
  await build({
    ...shared,
    entryPoints: { longhaul: "scripts/longhaul.ts", main: "scripts/main.ts" },
    outdir: dist,
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    external: Object.keys({ ...peerDependencies, ...devDependencies }),
    // Packages as modules, of which only what is called is kept.
    mainFields: ["module", "main"],
    // Some are CommonJS and require Node's own modules.
    banner: { js: requireForCommonJs },
  });
  await chmod(join(dist, "longhaul.js"), 0o755);
}

async function buildPackage(): Promise<void> {
  await build({
    ...shared,
    entryPoints: { index: "components/index.ts" },
    outdir: dist,
    packages: "external",
  });
}

/** @throws when the components do not compile */
function buildTypes(): void {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("The type declarations could not be written: see the errors above.");
}

// Chunks are named by their content: old ones would pile up.
await rm(join(dist, "chunks"), { recursive: true, force: true });
await Promise.all([
  buildAgent(),
  buildFunction("controller"),
  buildFunction("receiver"),
  buildCommand(),
  buildPackage(),
]);
// Declarations take seconds: only who depends on the package needs them.
if (process.argv.includes("--types") || process.env.npm_lifecycle_event === "prepare") buildTypes();
