import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { coerce, gte } from "semver";
import { Failure, sentenceOf } from "../../contract/failure.ts";
import { buildTools } from "./build-tools.ts";
import { downloadAct, downloadPulumi } from "./download-tools.ts";
import { toolNames, toolVersions } from "./tools.ts";
import type { ToolName } from "./tools.ts";

const run = promisify(execFile);

/** The oldest versions on `PATH` that are accepted instead. */
const oldestVersions: Record<ToolName, string> = { pulumi: "v3.225.0", act: "v0.2.80" };

/** Where a tool came from. Downloaded and built tools are kept in the cache and found again. */
export type ToolSource = "PATH" | "downloaded" | "built";

export interface Tool {
  /** Absolute path of the program. */
  path: string;
  version: string;
  source: ToolSource;
}
export type EngineTools = Record<ToolName, Tool>;

export interface FindEngineOptions {
  /** The `PATH` that is searched first. */
  searchPath: string;
  /** The user's cache folder, for example `~/.cache/longhaul`. */
  cacheDir: string;
  /** Receives each line of progress. */
  log: (line: string) => void;
  /**
   * Installers for a tool that is neither on the path nor in the cache, in the
   * order in which they are tried.
   */
  sources?: readonly ToolInstaller[];
}

/** Puts the named tools below `<folder>/bin`, or throws an error with the reason why it cannot. */
export interface ToolInstaller {
  source: ToolSource;
  install(tools: readonly ToolName[], folder: string, log: (line: string) => void): Promise<void>;
}

const installers: readonly ToolInstaller[] = [
  {
    source: "downloaded",
    install: async (tools, folder, log) => {
      for (const tool of tools) {
        log(`downloading ${tool} ${toolVersions[tool]}`);
        await (tool === "pulumi" ? downloadPulumi : downloadAct)(toolVersions[tool], folder);
      }
    },
  },
  { source: "built", install: (tools, folder, log) => buildTools(tools, toolVersions, folder, log) },
];

/**
 * The engine and act: from `PATH`, from the cache, from the official download,
 * or built from the Go module proxy, whichever comes first.
 *
 * @throws when none of these ways works; the message names each and why it
 * failed
 */
export async function findEngine(options: FindEngineOptions): Promise<EngineTools> {
  const found: Partial<EngineTools> = {};
  for (const name of toolNames) {
    const tool =
      (await onPath(name, options.searchPath, options.log)) ?? (await inCache(name, options.cacheDir));
    if (tool) found[name] = tool;
  }
  const missing = toolNames.filter((name) => !found[name]);
  if (missing.length > 0) Object.assign(found, await install(missing, options));
  return found as EngineTools;
}

async function onPath(
  name: ToolName,
  searchPath: string,
  log: (line: string) => void,
): Promise<Tool | undefined> {
  for (const folder of searchPath.split(delimiter).filter((part) => part !== "")) {
    const path = join(folder, name);
    if (!(await exists(path))) continue;
    const version = await versionOf(name, path);
    if (version && gte(version, oldestVersions[name])) return { path, version, source: "PATH" };
    log(
      `${path} is ${version ?? "of an unknown version"}; ${oldestVersions[name]} or later is needed: looking elsewhere`,
    );
  }
  return undefined;
}

async function versionOf(name: ToolName, path: string): Promise<string | undefined> {
  const args = name === "pulumi" ? ["version"] : ["--version"];
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
  const { stdout } = await run(path, args, { timeout: 20_000, env }).catch(() => ({ stdout: "" }));
  const version = coerce(stdout)?.version;
  return version && `v${version}`;
}

/** One folder per tool and version. The file `source` is written last and marks the folder as complete. */
function cacheFolder(name: ToolName, cacheDir: string): string {
  return join(cacheDir, `${name}-${toolVersions[name]}`);
}

async function inCache(name: ToolName, cacheDir: string): Promise<Tool | undefined> {
  const folder = cacheFolder(name, cacheDir);
  const source = await readFile(join(folder, "source"), "utf8").catch(() => undefined);
  if (source === undefined) return undefined;
  return {
    path: join(folder, "bin", name),
    version: toolVersions[name],
    source: source.trim() as ToolSource,
  };
}

async function install(
  missing: readonly ToolName[],
  options: FindEngineOptions,
): Promise<Partial<EngineTools>> {
  const reasons: string[] = [];
  await mkdir(options.cacheDir, { recursive: true });
  for (const installer of options.sources ?? installers) {
    const { source } = installer;
    // Install into a new folder and rename it, so that neither two installations at
    // once nor a crash half way leave a broken folder.
    const folder = await mkdtemp(join(options.cacheDir, "new-"));
    try {
      await installer.install(missing, folder, options.log);
      const tools: Partial<EngineTools> = {};
      for (const name of missing) {
        await keep(name, folder, source, options.cacheDir);
        tools[name] = (await inCache(name, options.cacheDir))!;
      }
      return tools;
    } catch (error) {
      const reason = sentenceOf(error, options.log);
      options.log(`not ${source}: ${reason}`);
      reasons.push(`  ${source}: ${reason}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new Failure(
    `The local cloud needs ${missing.join(" and ")}, and could not get it:\n${reasons.join("\n")}\n` +
      `Put ${missing.map((name) => `${name} ${oldestVersions[name]} or later`).join(" and ")} on PATH, ` +
      "or install Go 1.26 or later so that it can be built (see README.md#what-it-needs).",
  );
}

async function keep(name: ToolName, from: string, source: ToolSource, cacheDir: string): Promise<void> {
  const folder = cacheFolder(name, cacheDir);
  await mkdir(join(folder, "bin"), { recursive: true });
  await rename(join(from, "bin", name), join(folder, "bin", name));
  // The official download puts plugins beside the engine, such as the language hosts.
  for (const beside of name === "pulumi" ? ["pulumi-language-nodejs"] : []) {
    if (await exists(join(from, "bin", beside)))
      await rename(join(from, "bin", beside), join(folder, "bin", beside));
  }
  await writeFile(join(folder, "source"), `${source}\n`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
