import { isDeepStrictEqual } from "node:util";
import { initialOperator, parseOperator } from "../../contract/parameters.ts";
import type { OperatorWish } from "../../contract/parameters.ts";

/** An `operator` parameter as it stands there, with what this version does not know. */
type Raw = Record<string, unknown>;

/**
 * What `operator` must become so that it holds a wish for a fleet, or for some
 * of its runners. Everything else in it stays as it is: whether the fleet is
 * closing, other wishes, and what this version does not know.
 *
 * @param text the parameter's value
 * @param runners absent: the fleet
 * @returns undefined when it says so already
 */
export function withWish(
  text: string,
  runners: readonly string[] | undefined,
  wish: OperatorWish,
): string | undefined {
  return changed(text, (raw) =>
    runners
      ? {
          ...raw,
          runners: { ...wishesOf(raw), ...Object.fromEntries(runners.map((runner) => [runner, wish])) },
        }
      : { ...raw, fleet: wish },
  );
}

/** The same for taking wishes back. Those of a fleet are its own and those for each of its runners. */
export function withoutWish(text: string, runners: readonly string[] | undefined): string | undefined {
  return changed(text, (raw) => {
    if (!runners) return { ...without(raw, ["fleet"]), runners: {} };
    return { ...raw, runners: without(wishesOf(raw), runners) };
  });
}

/** And for a fleet that was closing and is not to be deleted after all. */
export function reopened(text: string): string | undefined {
  return changed(text, (raw) => ({ ...without(raw, ["closingReason"]), closing: false }));
}

function changed(text: string, change: (raw: Raw) => Raw): string | undefined {
  const readable = parseOperator(text) !== undefined;
  // A damaged setting is one that no machine can read: there is nothing in it to keep.
  const raw: Raw = readable ? (JSON.parse(text) as Raw) : { ...initialOperator };
  const next = change(raw);
  return readable && isDeepStrictEqual(next, raw) ? undefined : JSON.stringify(next);
}

function wishesOf({ runners }: Raw): Raw {
  return typeof runners === "object" && runners !== null && !Array.isArray(runners) ? (runners as Raw) : {};
}

function without(record: Raw, keys: readonly string[]): Raw {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
