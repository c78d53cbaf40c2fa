/**
 * What a workflow writes in `runs-on` to get a runner of a fleet.
 * `self-hosted` comes first, as GitHub asks: without it a hosted runner of an
 * equal label could be meant.
 */
export function runsOnLabels(labels: readonly string[]): string[] {
  return ["self-hosted", ...labels];
}

/** The expression that a workflow uses to read a fleet's labels from its variable. */
export function runsOnExpression(variable: string): string {
  return `\${{ fromJSON(vars.${variable}) }}`;
}
