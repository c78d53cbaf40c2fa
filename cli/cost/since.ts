import { BadUsage } from "../exit-codes.ts";

const dayMs = 24 * 3_600_000;

/** The ledger is kept for 400 days. */
const longestDays = 400;

/**
 * The moment that `--since` names, in milliseconds since the epoch: a number
 * of days or weeks ago (`30d`, `2w`), a day in UTC (`2026-11-01`), or `month`,
 * the first of the present one.
 *
 * @throws BadUsage for anything else, the future, and what the ledger does not reach back to
 */
export function parseSince(text: string, now: number): number {
  const at = parse(text, now);
  if (at === undefined) {
    throw new BadUsage(
      `--since does not understand "${text}": it takes days or weeks (30d, 2w), a day in UTC (2026-11-01) or month.`,
    );
  }
  if (at > now) throw new BadUsage(`--since ${text} is still to come.`);
  if (now - at > longestDays * dayMs) {
    throw new BadUsage(
      `--since ${text} is more than ${longestDays} days ago: the ledger is not kept for longer.`,
    );
  }
  return at;
}

function parse(text: string, now: number): number | undefined {
  if (text === "month") return Date.parse(`${new Date(now).toISOString().slice(0, 7)}-01`);
  const ago = /^([1-9]\d{0,3})([dw])$/.exec(text);
  if (ago) return now - Number(ago[1]) * (ago[2] === "w" ? 7 : 1) * dayMs;
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const at = Date.parse(text);
  // JavaScript refuses the 32nd, and takes the 31st of any month for a day of the next.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : at;
}
