import { addCosts, noCosts } from "../../contract/meter.ts";
import type { Costs, MeterRecord } from "../../contract/meter.ts";
import { dayOf } from "./timeline.ts";
import type { Span } from "../../contract/spans.ts";

/** What the meter knows of a span of time. */
export interface MeteredCosts {
  /** Whole days. The last one ends when the meter was last written. */
  span: Span;
  costs: Costs;
  /** By day: `2026-11-05`. */
  byDay: ReadonlyMap<string, Costs>;
}

/** All days of a record, oldest first: `2026-11-05`. */
export function meteredDays({ month, days, previous }: MeterRecord): [day: string, costs: Costs][] {
  const ofMonth = (name: string, all: MeterRecord["days"]) =>
    Object.entries(all).map(([day, costs]): [string, Costs] => [`${name}-${day}`, costs]);
  const known = [...(previous ? ofMonth(previous.month, previous.days) : []), ...ofMonth(month, days)];
  return known.sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * What a record says about the time since a moment. The moment's day is counted in
 * full, because the meter counts by days. Undefined if the record has nothing
 * about that time.
 */
export function meteredSince(record: MeterRecord, since: number): MeteredCosts | undefined {
  const days = meteredDays(record).filter(([day]) => day >= dayOf(since));
  const to = Date.parse(record.at);
  if (days.length === 0 || to <= since) return undefined;
  return {
    span: { from: Date.parse(days[0]![0]), to },
    costs: days.reduce((sum, [, costs]) => addCosts(sum, costs), noCosts),
    byDay: new Map(days),
  };
}

/** What one fleet has cost since the month began. The meter does not count single fleets by days. */
export function meteredFleet(record: MeterRecord, fleet: string): MeteredCosts {
  const [first] = Object.keys(record.days).sort();
  const costs = Object.hasOwn(record.fleets, fleet) ? record.fleets[fleet]! : noCosts;
  return {
    span: { from: Date.parse(`${record.month}-${first ?? "01"}`), to: Date.parse(record.at) },
    costs,
    byDay: new Map(),
  };
}
