import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { findEngine, stackFile } from "longhaul-local";
import type { Engine } from "longhaul-local";
import { BadUsage } from "../../exit-codes.ts";
import { findProject, readProject } from "../../project.ts";
import type { ProgressLines } from "./progress-lines.ts";

/** Where the local environment is, and what it is made from. */
export interface LocalContext {
  /** The real path of the cloud's folder, so that this command and the machines use the same name for it. */
  dir: string;
  /** Root of the project. */
  project: string;
  /** The Pulumi program that `up` runs: its main file. */
  program: string;
  /** The stack file that `up` takes. */
  configuration: string;
  /** The user's cache, where the engine is kept. */
  cacheDir: string;
  base: { PATH: string; HOME: string };
}

/** The options of the command line. Paths are relative to the current folder. */
export interface LocalFlags {
  /** A folder of the project; default: the current one. */
  cwd?: string;
  /** The program's file; default: the project's own `main`. */
  program?: string;
  /** Folder of the cloud; default `.longhaul/local` in the project. */
  dir?: string;
  /** Stack file; default Pulumi.local.yaml in the project. */
  config?: string;
}

/** @throws BadUsage when the folder does not belong to a project */
export function localContext(environment: NodeJS.ProcessEnv, flags: LocalFlags): LocalContext {
  const { cwd = ".", dir, program, config } = flags;
  const project = findProject(resolve(cwd));
  const { searchPath: PATH, cacheDir } = engineSearch(environment);
  return {
    dir: realPath(dir === undefined ? join(project, ".longhaul", "local") : resolve(dir)),
    project,
    program: program === undefined ? readProject(project).main : resolve(program),
    configuration: config === undefined ? join(project, stackFile) : resolve(config),
    cacheDir,
    base: { PATH, HOME: homeOf(environment) },
  };
}

/** @throws BadUsage when there is no such program or stack file to bring up */
export function requireFiles({ program, configuration }: LocalContext): void {
  if (!existsSync(program)) {
    throw new BadUsage(`There is no program ${program}: --program takes the main file of a Pulumi program.`);
  }
  if (!existsSync(configuration)) {
    throw new BadUsage(`There is no stack file ${configuration}: --config takes one like ${stackFile}.`);
  }
}

/** The path with symbolic links resolved, as far as it exists. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realPath(above), basename(path));
}

/** Where the engine is searched for, and the folder that keeps it. */
export function engineSearch(environment: NodeJS.ProcessEnv): { searchPath: string; cacheDir: string } {
  const cache = environment.XDG_CACHE_HOME ?? join(homeOf(environment), ".cache");
  return { searchPath: environment.PATH ?? "", cacheDir: join(cache, "longhaul") };
}

function homeOf(environment: NodeJS.ProcessEnv): string {
  return environment.HOME ?? homedir();
}

/** Finds or builds the engine, and prints its version and source. */
export async function engineOf({ cacheDir, base }: LocalContext, tell: ProgressLines): Promise<Engine> {
  const engine = await tell.waiting({ what: "the engine to be found or built" }, () =>
    findEngine({ searchPath: base.PATH, cacheDir, log: tell }),
  );
  const words = Object.entries(engine).map(([name, { version, source }]) => `${name} ${version} (${source})`);
  tell(`engine: ${words.join(", ")}`);
  return engine;
}
