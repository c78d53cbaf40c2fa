import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";

/**
 * A program that runs without source maps. Pulumi writes out the stack of each
 * promise of each resource, in case one never ends, and with source maps Node
 * looks up every line of it: most of the time that the program takes. An error
 * of the program has its lines all the same, because its stack is written out
 * when it is read, which is after the program has ended.
 */
export function withoutSourceMaps(program: PulumiFn): PulumiFn {
  return async () => {
    if (!process.sourceMapsEnabled) return program();
    process.setSourceMapsEnabled(false);
    try {
      return await program();
    } finally {
      process.setSourceMapsEnabled(true);
    }
  };
}
