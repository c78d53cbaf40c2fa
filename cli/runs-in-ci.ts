/** Whether this is CI. Tests skip nothing there that can be installed: it would look as if all had been tried. */
export function runsInCi({ CI }: NodeJS.ProcessEnv = process.env): boolean {
  return !["", "false", undefined].includes(CI);
}
