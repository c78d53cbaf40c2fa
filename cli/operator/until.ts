import { BadUsage } from "../exit-codes.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A wish for longer than that is one without an end. */
const longestMs = 366 * dayMs;

/**
 * The moment that `--until` names, ISO 8601 in UTC: a date or a time in
 * ISO 8601 (local where it names no zone), a duration from now (`2h`, `3d`,
 * `1h30m`), or the next `HH:MM` of this computer's day.
 *
 * @param now milliseconds since the epoch
 * @throws BadUsage for anything else, the past, and more than a year
 */
export function parseUntil(text: string, now: number): string {
  const at = parseDuration(text, now) ?? parseTimeOfDay(text, now) ?? parseIsoTime(text);
  if (at === undefined) {
    throw new BadUsage(
      `--until does not understand "${text}": it takes a time (2026-03-01T18:00, 2026-03-01T18:00Z), ` +
        "a duration (90m, 2h, 3d) or a time of the day (18:30).",
    );
  }
  if (!(at > now))
    throw new BadUsage(`--until ${text} has passed: it is ${new Date(now).toISOString()} now.`);
  if (at - now > longestMs) {
    throw new BadUsage(
      `--until ${text} is more than a year ahead: without --until a wish holds until --clear.`,
    );
  }
  return new Date(at).toISOString();
}

function parseDuration(text: string, now: number): number | undefined {
  const match = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/.exec(text);
  if (!match) return undefined;
  const [days, hours, minutes] = match.slice(1).map((part) => Number((part as string | undefined) ?? 0));
  return now + days! * dayMs + hours! * hourMs + minutes! * minuteMs;
}

function parseTimeOfDay(text: string, now: number): number | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const at = new Date(now);
  at.setHours(Number(match[1]), Number(match[2]), 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

function parseIsoTime(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!match) return undefined;
  // JavaScript takes the 31st of any month, for a day of the next.
  const [year, month, day] = match.slice(1, 4).map(Number);
  if (day! > new Date(Date.UTC(year!, month, 0)).getUTCDate()) return undefined;
  // A date alone would be taken for midnight in UTC, and every other form is local.
  const at = Date.parse(match[4] === undefined ? `${text}T00:00` : text);
  return Number.isNaN(at) ? undefined : at;
}
