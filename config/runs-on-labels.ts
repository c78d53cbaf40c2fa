import type { Architecture } from "./instance-types.ts";

/**
 * What every workflow for self-hosted runners asks for. No machine of Longhaul
 * registers with it: each gets it with its fleet's labels, and keeps it in
 * service.
 */
export const serviceLabel = "self-hosted";

/**
 * What a workflow writes in `runs-on` to get a runner of a fleet. `self-hosted`
 * comes first, as GitHub recommends: without it, a hosted runner with an equal
 * label could be chosen.
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
