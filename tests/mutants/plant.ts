import type { Mutant } from "./list.ts";

/**
 * The text of a file with the fault in it.
 *
 * @throws when the file does not hold the text exactly once: the list is out of date
 */
export function planted({ file, from, to }: Pick<Mutant, "file" | "from" | "to">, text: string): string {
  const [before, after, ...more] = text.split(from);
  if (after === undefined || more.length > 0) {
    const count = after === undefined ? "nowhere" : `${more.length + 1} times`;
    throw new Error(
      `${file} holds ${JSON.stringify(from)} ${count}, but a fault can only be planted in a text that occurs once. ` +
        "Bring tests/mutants/list.ts up to date with the file.",
    );
  }
  return `${before}${to}${after}`;
}
