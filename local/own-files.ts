import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../contract/failure.ts";

/**
 * A file or folder of this package, by its path from the package's root. The
 * root is found by walking up to package.json, because this module may run from
 * its source or from the bundle in dist/.
 */
export function ownPath(path: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    if (folder === dirname(folder)) throw new Fault(`No package.json above ${import.meta.dirname}.`);
    folder = dirname(folder);
  }
  return join(folder, path);
}

/**
 * The programs of machines, functions and the stand-in runner, as
 * scripts/build.ts makes them. Each is one CommonJS file, which needs neither
 * this package nor a loader.
 */
export type ProgramName = "child" | "init" | "listener" | "machine-clock" | "worker";

/** The path at which the build has written a program. */
export function programPath(name: ProgramName): string {
  return ownPath(`dist/programs/${name}.cjs`);
}

/** Copies programs to one of the cloud's folders, so that a later build does not change them while they run. */
export function copyPrograms(folder: string, names: readonly ProgramName[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) copyFileSync(programPath(name), join(folder, `${name}.cjs`));
}
