import { EmulatedAwsError } from "./errors.ts";
import { number, optionalText } from "./input.ts";
import type { Input } from "./input.ts";

/** The smallest page that EC2 accepts. */
const least = 5;

/**
 * The part of a list that a call asks for, and the token of the next part.
 *
 * @param most the largest page that EC2 gives
 */
export function pageOf<Item>(
  all: readonly Item[],
  input: Input,
  most: number,
): { page: Item[]; nextToken: string | undefined } {
  const size = number(input, "MaxResults") ?? most;
  if (size < least || size > most) {
    throw new EmulatedAwsError(
      "InvalidParameterValue",
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value from ${least} to ${most}.`,
    );
  }
  const from = Number(optionalText(input, "NextToken") ?? 0);
  const to = from + size;
  return { page: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined };
}
