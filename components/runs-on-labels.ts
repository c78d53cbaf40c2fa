import type { Architecture } from "../config/instance-types.ts";

/**
 * What a workflow writes in `runs-on` to get a runner of a fleet.
 * `self-hosted` comes first, as GitHub asks: without it a hosted runner of an
 * equal label could be meant.
 */
export function runsOnLabels(labels: readonly string[]): string[] {
  return ["self-hosted", ...labels];
}

/**
 * All labels of a machine in service, besides its own. A machine registers with
 * its own label alone, so the ones that GitHub usually gives by itself (the
 * word, the system, the architecture) are given with the fleet's, once it is proven.
 */
export function serviceLabels(architecture: Architecture, labels: readonly string[]): string[] {
  return ["self-hosted", "linux", architecture, ...labels];
}

/** The expression that a workflow uses to read a fleet's labels from its variable. */
export function runsOnExpression(variable: string): string {
  return `\${{ fromJSON(vars.${variable}) }}`;
}
