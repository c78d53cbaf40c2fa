import { accessSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Failure, messageOf } from "../../contract/failure.ts";
import type { FunctionName } from "../../contract/names.ts";

/** The programs that travel to a machine: scripts in its user data, the rest in parameters. */
export interface MachineAssets {
  /** Text of the boot script, bash. */
  boot: string;
  /** Texts of the parts whose functions it calls, bash, by file name. */
  bootParts: Readonly<Record<string, string>>;
  /** Text of the first lines of the user data, bash: they remove what belongs to another machine. */
  foreignDisk: string;
  /** Text that the boot script sources if there is a proxy or a CA bundle, bash. */
  connection: string;
  /** Text of the jobs' hooks, bash. */
  hooks: string;
  /** Text of the agent, one bundled ES module. */
  agent: string;
}

/**
 * Reads the scripts and the bundled agent. They are found through the
 * package's `imports`, so this works from the sources, from the compiled
 * package and from the operator's command alike.
 *
 * @throws when one is missing, which for the agent means that nothing was built yet
 */
export function readMachineAssets(): MachineAssets {
  const { resolve } = createRequire(import.meta.url);
  const boot = resolve("#boot");
  return {
    boot: readAsset(boot),
    bootParts: readFolder(join(dirname(boot), "boot")),
    foreignDisk: readAsset(join(dirname(boot), "foreign-disk.sh")),
    connection: readAsset(join(dirname(boot), "connection.sh")),
    hooks: readAsset(join(dirname(boot), "job-hooks.sh")),
    agent: readAsset(resolve("#agent")),
  };
}

/**
 * Path of the bundle that Lambda runs as a function. Given a path, Pulumi's
 * state keeps only a hash; given a text, it keeps the whole text.
 *
 * @throws when nothing was built yet
 */
export function functionBundle(name: FunctionName): string {
  const path = createRequire(import.meta.url).resolve(`#${name}`);
  unlessMissing(path, () => {
    accessSync(path);
  });
  return path;
}

/** Always in the same order: the machine's fingerprint depends on it. */
function readFolder(path: string): Record<string, string> {
  const names = unlessMissing(path, () => readdirSync(path)).sort();
  return Object.fromEntries(names.map((name) => [name, readAsset(join(path, name))]));
}

function readAsset(path: string): string {
  return unlessMissing(path, () => readFileSync(path, "utf8"));
}

function unlessMissing<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new Failure(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? messageOf(error)}): ` +
        `what the stack makes runs it. Run "npm run build".`,
      { cause: error },
    );
  }
}
