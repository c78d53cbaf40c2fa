import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { parseObject } from "../contract/json.ts";

/*
 * What the last build read and wrote, so that a test run can tell whether dist/ is
 * up to date. Modification times do not show that: a build leaves unchanged files
 * alone, and git gives new times to files that it restores.
 */

/** Path of a build's record, from the project's root. */
export const recordFile = "dist/build.json";

/** Files that determine a build although no bundle contains them: the build itself, and its packages. */
const alsoDecide = [
  "package.json",
  "package-lock.json",
  "scripts/build.ts",
  "scripts/unused-schemas.ts",
  "tsconfig.json",
];

/**
 * The files that bundles were made from and those that were made, with the
 * SHA-256 of each, as JSON. Packages are left out.
 *
 * @param began when the build did, in milliseconds since 1970. A source that has changed since may have been read
 * before, so its record matches no file.
 * @throws when a file that the build has made does not exist
 */
export function recordBuild(root: string, metafiles: readonly Metafile[], began: number): string {
  const own = metafiles
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((path) => !path.includes("node_modules/"));
  const sources = [...new Set([...own, ...alsoDecide])].map((path): [string, string] => [
    path,
    statSync(join(root, path)).mtimeMs < began ? digest(root, path) : "changed during the build",
  ]);
  const made = metafiles
    .flatMap(({ outputs }) => Object.keys(outputs))
    .map((path): [string, string] => [path, digest(root, path)]);
  return `${JSON.stringify(Object.fromEntries([...sources, ...made].sort()), undefined, 2)}\n`;
}

/** Whether dist/ is what a build would make of the present sources. */
export function isBuilt(root: string): boolean {
  try {
    const record = Object.entries(parseObject(readFileSync(join(root, recordFile), "utf8")) ?? {});
    return record.length > 0 && record.every(([path, built]) => digest(root, path) === built);
  } catch {
    return false; // Nothing was built, the last build did not finish, or a file is gone.
  }
}

/** @throws when there is no such file */
function digest(root: string, path: string): string {
  return createHash("sha256")
    .update(readFileSync(join(root, path)))
    .digest("hex");
}
