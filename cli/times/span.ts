import { BadUsage } from "../exit-codes.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Milliseconds of the units, in the order in which a span is written. */
const units = { w: 7 * dayMs, d: dayMs, h: hourMs, m: minuteMs } as const;

const written = /^(?=\d)(?:(?<w>\d{1,5})w)?(?:(?<d>\d{1,5})d)?(?:(?<h>\d{1,5})h)?(?:(?<m>\d{1,5})m)?$/;

/** The form of a span of time on the command line. */
export const spanForm = "a span of time (90m, 36h, 3d, 2w, 1d12h)";

/**
 * Parses a span of time, as every option accepts it: weeks, days, hours and
 * minutes, in this order, each at most once.
 *
 * @returns milliseconds; undefined for another form, or for a span of zero
 */
export function parseSpan(text: string): number | undefined {
  const counts = written.exec(text)?.groups;
  if (!counts) return undefined;
  const span = Object.entries(units).reduce((sum, [unit, ms]) => sum + Number(counts[unit] ?? 0) * ms, 0);
  return span === 0 ? undefined : span;
}

/**
 * The refusal of an option's value.
 *
 * @param takes what the option accepts, as the end of a sentence
 */
export function notUnderstood(option: string, text: string, takes: string): BadUsage {
  return new BadUsage(`${option} does not understand "${text}": it takes ${takes}.`);
}
