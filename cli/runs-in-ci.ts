/** True in CI. Tests that need an installed program are not skipped there: the run would look as if it had tested everything. */
export function runsInCi({ CI }: NodeJS.ProcessEnv = process.env): boolean {
  return !["", "false", undefined].includes(CI);
}
