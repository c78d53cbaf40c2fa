import { spawnSync } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { BuildOptions, Metafile } from "esbuild";
import { minify } from "terser";
import { Failure } from "../contract/failure.ts";
import type { FunctionName } from "../contract/names.ts";
import project from "../package.json" with { type: "json" };
import { replaceFile } from "../cli/replace-file.ts";
import { recordBuild, recordFile } from "./build-record.ts";
import { deleteOldChunks } from "./old-chunks.ts";
import { unusedSchemas } from "./unused-schemas.ts";
import "./end-in-words.ts";

/*
 * Builds what does not run from its sources:
 *
 *   dist/agent.mjs    the agent, one file without any package: machines fetch it from parameters
 *   dist/controller.mjs  the function that looks after the environment, one file: what Lambda runs
 *   dist/receiver.mjs the webhook's receiver, one file without any package: what Lambda runs
 *   dist/longhaul.js  the operator's command, in chunks so that each verb loads only its own
 *   dist/main.js      the same as a module: the program's Commands call it
 *   dist/index.js     the package: the components, for other Pulumi programs
 *   local/dist/index.js  the package of the local cloud
 *   local/dist/programs/ what machines, functions and the stand-in runner run there
 *   dist/types/       their type declarations, with --types and when npm prepares the package
 *   dist/build.json   what all but the declarations were made from: tests build again when those files have changed
 *
 * It may run in the middle of an `up`: each file is replaced atomically, and only
 * if it changes, and the chunks that running commands may still load stay.
 */

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const chunks = join(dist, "chunks");
/** npm prepares the package: it was installed from its sources, or is about to be published. */
const isPrepared = process.env.npm_lifecycle_event === "prepare";
/** Milliseconds for which the chunks of earlier builds stay, because no command that loads them runs longer. A package is prepared without them. */
const keepChunksMs = isPrepared ? 0 : 24 * 60 * 60_000;
const requireForCommonJs =
  'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
  outdir: dist,
  write: false,
  metafile: true,
} as const satisfies BuildOptions;

async function write(path: string, text: string, mode?: number): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => undefined)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, text, mode);
}

/** Minified: a machine reads it in pieces of 4 KB. */
async function buildAgent(): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: { agent: "runtime/agent/main.ts" },
    outExtension: { ".js": ".mjs" },
    legalComments: "none",
  });
  const { code } = await minify(outputFiles[0]!.text, {
    module: true,
    compress: { passes: 4, hoist_funs: true, keep_fargs: false },
  });
  await write(join(dist, "agent.mjs"), `${code!}\n`);
  return metafile;
}

/** One file for Lambda, with an exported `handler`. Minified: it is read at each cold start. */
async function buildFunction(name: FunctionName): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: { [name]: `runtime/functions/${name}/main.ts` },
    outExtension: { ".js": ".mjs" },
    target: "node22",
    minify: true,
    legalComments: "none",
  });
  await write(join(dist, `${name}.mjs`), outputFiles[0]!.text);
  return metafile;
}

/**
 * The entry's own `#!` line survives the bundling. Packages are bundled too,
 * because reading the AWS SDK from hundreds of files is most of a verb's start-up
 * time. Pulumi's packages and the local cloud, a separate package, are not bundled.
 */
async function buildCommand(): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: { longhaul: "cli/longhaul.ts", main: "cli/main.ts" },
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    external: Object.keys(project.peerDependencies),
    // Prefers the packages' ES modules, of which only the used parts are kept.
    mainFields: ["module", "main"],
    // Some are CommonJS and require Node's own modules.
    banner: { js: requireForCommonJs },
    plugins: [unusedSchemas],
  });
  const made = outputFiles.filter(({ path }) => dirname(path) === chunks);
  const entries = outputFiles.filter((file) => !made.includes(file));
  // The chunks are written before the files that load them.
  await Promise.all(made.map(({ path, text }) => write(path, text)));
  await Promise.all(
    entries.map(({ path, text }) => write(path, text, path.endsWith("longhaul.js") ? 0o755 : undefined)),
  );
  await deleteOldChunks(
    chunks,
    made.map(({ path }) => path),
    keepChunksMs,
  );
  return metafile;
}

async function buildPackage(): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: { index: "components/index.ts" },
    packages: "external",
  });
  await write(join(dist, "index.js"), outputFiles[0]!.text);
  return metafile;
}

async function buildLocalCloud(): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    outdir: join(root, "local/dist"),
    entryPoints: { index: "local/index.ts" },
    packages: "external",
  });
  await write(join(root, "local/dist/index.js"), outputFiles[0]!.text);
  return metafile;
}

/** The programs that the local cloud starts. RUNNER_VERSION stays a name here, and is replaced when a release of the stand-in runner is packed. */
async function buildLocalPrograms(): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...shared,
    outdir: join(root, "local/dist/programs"),
    entryPoints: {
      child: "local/functions/child.ts",
      init: "local/machines/init.ts",
      listener: "local/runner/listener.ts",
      "machine-clock": "local/machines/machine-clock.ts",
      worker: "local/runner/worker.ts",
    },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    logOverride: { "empty-import-meta": "silent" }, // What finds the package's own files is read, and not taken in.
  });
  await Promise.all(outputFiles.map(({ path, text }) => write(path, text)));
  return metafile;
}

/** @throws when the components do not compile */
async function buildTypes(): Promise<void> {
  await rm(join(dist, "types"), { recursive: true, force: true }); // Files that were moved would stay.
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Failure("The type declarations could not be written: see the errors above.");
}

const began = Date.now();
const metafiles = await Promise.all([
  buildAgent(),
  buildFunction("controller"),
  buildFunction("receiver"),
  buildCommand(),
  buildPackage(),
  buildLocalCloud(),
  buildLocalPrograms(),
]);
await write(join(root, recordFile), recordBuild(root, metafiles, began));
// Declarations take seconds, and only projects that depend on the package need them.
if (process.argv.includes("--types") || isPrepared) await buildTypes();
