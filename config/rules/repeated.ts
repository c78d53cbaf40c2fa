/**
 * Indices of the entries that stand earlier in a list already.
 *
 * @param keyOf what two entries must share to be the same; GitHub's names ignore case
 */
export function repeated(
  entries: readonly string[],
  keyOf: (entry: string) => string = (entry) => entry,
): number[] {
  const keys = entries.map(keyOf);
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [index] : []));
}

export function lowerCase(name: string): string {
  return name.toLowerCase();
}
