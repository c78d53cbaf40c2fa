import { formatMoment, monthOf } from "../../contract/moment.ts";
import { ledgerDays } from "../../contract/ledger.ts";
import { BadUsage } from "../exit-codes.ts";
import { parseMoment } from "../times/moment.ts";

const dayMs = 24 * 3_600_000;

/**
 * The moment that `--since` names, in milliseconds since the epoch; `month` is
 * the first of the present one. Without a zone it is UTC, as the meter's days are.
 *
 * @throws BadUsage for text that is not a moment, for the future, and for a time from which the ledger is not kept
 */
export function parseSince(text: string, now: number): number {
  const month = Date.parse(`${monthOf(now)}-01`);
  const at = parseMoment({ name: "--since", direction: "back", zone: "UTC", words: { month } }, text, now);
  if (at > now) throw new BadUsage(`--since ${text} is in the future: it is ${formatMoment(now)} now.`);
  if (now - at > ledgerDays * dayMs) {
    throw new BadUsage(
      `--since ${text} is more than ${ledgerDays} days ago: the ledger is not kept for longer.`,
    );
  }
  return at;
}
