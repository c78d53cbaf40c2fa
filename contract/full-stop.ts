/** Words of AWS or of a machine as a sentence: some end with a full stop, and some do not. */
export function withFullStop(words: string): string {
  return words.replace(/\.?$/, ".");
}
