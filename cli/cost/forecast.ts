import { noCosts, spentInMonth, totalOf } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { meteredDays } from "./metered.ts";
import { dayOf } from "./timeline.ts";

/** What a month will have cost at its end, at the present pace. */
export interface Forecast {
  /** `2026-11`, in UTC. */
  month: string;
  spentUsd: number;
  /** Mean of {@link days}. */
  perDayUsd: number;
  /** Number of days from which the pace is computed: a whole week if it is known, so that a weekend is in it. */
  days: number;
  monthEndUsd: number;
}

const dayMs = 24 * 3_600_000;
const weekDays = 7;

/**
 * The pace is that of the last seven whole days, without the first metered day,
 * which may be incomplete. If no such day is left, the pace is that of all metered
 * time, which then counts from the environment's beginning and as at least an hour.
 *
 * @param began when the environment first appears in EC2 or the ledger, in milliseconds since the epoch; Infinity: not known
 */
export function forecastOf(record: MeterRecord, began: number): Forecast {
  const at = Date.parse(record.at);
  const today = dayOf(at);
  const midnight = Date.parse(today);
  const known = new Map(meteredDays(record));
  const first = [...known.keys()][0] ?? today;
  const whole = Array.from({ length: weekDays }, (_, index) => dayOf(midnight - (index + 1) * dayMs)).filter(
    (day) => day > first,
  );
  const spentOn = (day: string) => totalOf(known.get(day) ?? noCosts);
  const spent = whole.reduce((sum, day) => sum + spentOn(day), 0);
  const days = whole.length > 0 ? whole.length : Math.max((at - beginningIn(first, began)) / dayMs, 1 / 24);
  const perDayUsd =
    (whole.length > 0 ? spent : [...known.keys()].reduce((sum, day) => sum + spentOn(day), 0)) / days;
  const spentUsd = spentInMonth(record);
  const left = Math.max(0, endOf(record.month) - at) / dayMs;
  return { month: record.month, spentUsd, perDayUsd, days, monthEndUsd: spentUsd + perDayUsd * left };
}

/** The beginning of a day, or of the environment if it began on this day. */
function beginningIn(day: string, began: number): number {
  const start = Date.parse(day);
  return began >= start && began < start + dayMs ? began : start;
}

function endOf(month: string): number {
  const [year, number] = month.split("-").map(Number);
  return Date.UTC(year!, number, 1);
}
