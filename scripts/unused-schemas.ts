import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Leaves the AWS SDK's schemas of operations that nothing calls out of a bundle:
 * of EC2's alone a megabyte, which each verb would parse when it starts.
 *
 * esbuild keeps every object with a computed key, because to compute a key may
 * call a function. The SDK's keys are constants of the same file, so here they
 * are written out.
 */
export const unusedSchemas: Plugin = {
  name: "unused-schemas",
  setup: (build) => {
    build.onLoad({ filter: /@aws-sdk\/.*\/schemas\/schemas_\d+\.js$/ }, async ({ path }) => ({
      contents: writeOutKeys(await readFile(path, "utf8")),
    }));
  },
};

/** A module in which computed keys that are constant strings of its own, each on a line, are plain ones. */
export function writeOutKeys(source: string): string {
  const constants = new Map(
    [...source.matchAll(/^const (\w+) = ("[^"\\\n]*");$/gm)].map(([, name, text]) => [name!, text!]),
  );
  return source.replaceAll(/\[(\w+)\]:/g, (key, name: string) =>
    constants.has(name) ? `${constants.get(name)!}:` : key,
  );
}
