import { formatMoment } from "../../contract/moment.ts";
import { BadUsage } from "../exit-codes.ts";
import { parseMoment } from "../times/moment.ts";

/** The longest `--until`. An override for longer should have no end. */
const longestMs = 366 * 24 * 3_600_000;

/**
 * The moment that `--until` names, ISO 8601 in UTC.
 *
 * @param now milliseconds since the epoch
 * @throws BadUsage for text that is not a moment, for the past, and for more than a year ahead
 */
export function parseUntil(text: string, now: number): string {
  const at = parseMoment({ name: "--until", direction: "ahead", zone: "local" }, text, now);
  if (!(at > now)) throw new BadUsage(`--until ${text} has passed: it is ${formatMoment(now)} now.`);
  if (at - now > longestMs) {
    throw new BadUsage(
      `--until ${text} is more than a year ahead. Leave --until out: the override then holds until --clear.`,
    );
  }
  return new Date(at).toISOString();
}
