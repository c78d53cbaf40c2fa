import { spentInMonth, totalOf } from "../../../contract/meter.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { FleetSettings } from "../../../contract/desired.ts";
import type { Sighting } from "./sighting.ts";
import { meterAssumptions, meterUntil } from "./meter.ts";
import type { MeterPrices } from "./meter.ts";

/** US dollars. */
export interface MonthsCost {
  month: number;
  today: number;
}

/** The meter until now; unchanged if the machines could not be read, and undefined if the meter itself could not be. */
export function metered(
  { meter, now, machines, strayDisks = [] }: Pick<Sighting, "meter" | "now" | "machines" | "strayDisks">,
  prices: MeterPrices,
): { meter: MeterRecord | undefined; assumptions: string[] } {
  const record = meter === "none" ? undefined : meter;
  if (!meter || !machines) return { meter: record, assumptions: [] };
  const seen = { machines, strayDisks };
  return {
    meter: meterUntil(record, now, seen, prices),
    assumptions: meterAssumptions(record, now, seen, prices),
  };
}

/**
 * The costs of the current month, by a record, which may be of the month before,
 * and by the budget breaches that the power settings remember. Without the
 * breaches, a lost record would start again and allow the month's money once
 * more.
 */
export function costAt(
  meter: MeterRecord,
  settings: Iterable<Pick<FleetSettings, "power">>,
  now: number,
): MonthsCost {
  const date = new Date(now).toISOString();
  const month = date.slice(0, 7);
  const isOfMonth = meter.month === month;
  const today = isOfMonth ? meter.days[date.slice(8, 10)] : undefined;
  const remembered = [...settings].map(({ power }) => (power?.spent?.month === month ? power.spent.usd : 0));
  return {
    month: Math.max(isOfMonth ? spentInMonth(meter) : 0, ...remembered),
    today: today ? totalOf(today) : 0,
  };
}
