import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Leaves the AWS SDK's schemas of unused operations out of a bundle. EC2's alone
 * are a megabyte, which each verb would parse when it starts.
 *
 * esbuild keeps every object with a computed key, because computing a key may
 * call a function. The SDK's keys are constants of the same file, so this replaces
 * them by their values.
 */
export const unusedSchemas: Plugin = {
  name: "unused-schemas",
  setup: (build) => {
    build.onLoad({ filter: /@aws-sdk\/.*\/schemas\/schemas_\d+\.js$/ }, async ({ path }) => ({
      contents: writeOutKeys(await readFile(path, "utf8")),
    }));
  },
};

/** The module's text, with plain keys in place of computed keys that are constant strings of the module, each on its own line. */
export function writeOutKeys(source: string): string {
  const constants = new Map(
    [...source.matchAll(/^const (\w+) = ("[^"\\\n]*");$/gm)].map(([, name, text]) => [name!, text!]),
  );
  return source.replaceAll(/\[(\w+)\]:/g, (key, name: string) =>
    constants.has(name) ? `${constants.get(name)!}:` : key,
  );
}
