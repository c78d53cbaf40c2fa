import type { Architecture } from "./instance-types.ts";

/**
 * What every workflow for runners of one's own asks for. No machine of ours
 * registers with it: each gets it with its fleet's labels, and keeps it in service.
 */
export const serviceLabel = "self-hosted";

/**
 * What a workflow writes in `runs-on` to get a runner of a fleet.
 * `self-hosted` comes first, as GitHub asks: without it a hosted runner of an
 * equal label could be meant.
 */
export function runsOnLabels(labels: readonly string[]): string[] {
  return [serviceLabel, ...labels];
}

/**
 * All labels of a machine in service, besides its own. A machine registers with
 * its own label alone, so the ones that GitHub usually gives by itself (the
 * word, the system, the architecture) are given with the fleet's, once it is proven.
 */
export function serviceLabels(architecture: Architecture, labels: readonly string[]): string[] {
  return [serviceLabel, "linux", architecture, ...labels];
}

/** The expression that a workflow uses to read a fleet's labels from its variable. */
export function runsOnExpression(variable: string): string {
  return `\${{ fromJSON(vars.${variable}) }}`;
}
