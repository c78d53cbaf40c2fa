/**
 * Indices of entries that occur earlier in the list.
 *
 * @param keyOf equal for entries that count as the same; GitHub's names ignore case
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
