/** Ends a text of AWS or of a machine with a full stop, if it has none. */
export function withFullStop(words: string): string {
  return words.replace(/\.?$/, ".");
}
