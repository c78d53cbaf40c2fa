/** A line with the time since a command began, aligned for those of a few hours: `  12.3 s  network made`. */
export function stamped(milliseconds: number, line: string): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${line}`;
}
