import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";

/**
 * A program that runs without source maps. Pulumi writes out the stack of each
 * promise of each resource, in case one never ends. With source maps, Node
 * looks up every line of these stacks, which takes most of the program's time.
 * An error of the program still shows source lines, because its stack is
 * written out when it is read, which is after the program has ended.
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
