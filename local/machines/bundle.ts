import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { Fault } from "../../contract/failure.ts";

/**
 * A file or folder of the local cloud's sources, by its path from the root of
 * this package. The root is found by walking up to package.json, because this
 * module may run from its source or from a bundle in dist/.
 */
export function sourcePath(path: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    if (folder === dirname(folder)) throw new Fault(`No package.json above ${import.meta.dirname}.`);
    folder = dirname(folder);
  }
  return join(folder, path);
}

export interface Program {
  /** Source file, from the root of this package. */
  entry: string;
  /** Path of the bundled program. */
  outfile: string;
  /** First line, for example `#!/usr/bin/node`. */
  banner?: string;
  /** Constants, as esbuild's `define` takes them. */
  define?: Record<string, string>;
}

/**
 * Bundles a program that runs on a machine into one CommonJS file, so that
 * starting it needs neither this package nor a loader.
 */
export async function bundleProgram({ entry, outfile, banner, define }: Program): Promise<void> {
  await build({
    entryPoints: [sourcePath(entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "error",
    ...(banner === undefined ? {} : { banner: { js: banner } }),
    ...(define === undefined ? {} : { define }),
  });
}
