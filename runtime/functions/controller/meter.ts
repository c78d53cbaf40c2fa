import type { MachinePrices } from "../../../contract/controller.ts";
import { addCosts, noCosts, totalOf } from "../../../contract/meter.ts";
import type { Costs, MeterRecord } from "../../../contract/meter.ts";
import { daysOf, overlap } from "../../../contract/spans.ts";
import type { Span } from "../../../contract/spans.ts";
import type { Disk, Machine } from "./machine.ts";

/** What things cost, in US dollars for each hour. */
export interface MeterPrices {
  /** By fleet. */
  fleets: Readonly<Record<string, MachinePrices>>;
  /** A public address. */
  address: number;
}

/** What costs money. */
export interface Metered {
  /** All of the environment, also those that have just been terminated. */
  machines: readonly Machine[];
  strayDisks: readonly Disk[];
}

const hourMs = 60 * 60_000;

/** Milliseconds that one computer's clock may be ahead of another's; more is a clock that was wrong. */
const maxSkewMs = 10 * 60_000;

/**
 * The record with everything in it until now. What it missed since it was last
 * written is made up from what EC2 tells of each machine: when it was made, when
 * it was last started and, where it says so, when it stopped. A machine that
 * powered itself off meanwhile counts until the record's end, and one that did
 * so within its first minutes until now: each sleep is a minute at most, and an
 * outage of the controller what ended in it. Counting the same time twice is
 * impossible, because a record says until when it counts; and an absent or
 * damaged one is begun anew with the month.
 *
 * A disk that no machine has costs as its fleet's do, for as long as it is there.
 */
export function meterUntil(
  record: MeterRecord | undefined,
  now: number,
  { machines, strayDisks }: Metered,
  prices: MeterPrices,
): MeterRecord {
  if (record && isJustAhead(record, now)) return record;
  const month = new Date(now).toISOString().slice(0, 7);
  const known = record && Date.parse(record.at) <= now ? turned(record, month) : undefined;
  const from = Math.max(known ? Date.parse(known.at) : 0, startOf(month));
  const days: Record<string, Costs> = { ...known?.days };
  const fleets: Record<string, Costs> = { ...known?.fleets };
  for (const span of daysOf({ from, to: now })) {
    const day = new Date(span.from).toISOString().slice(8, 10);
    const add = (fleet: string, costs: Costs) => {
      if (totalOf(costs) === 0) return;
      days[day] = addCosts(days[day] ?? noCosts, costs);
      fleets[fleet] = addCosts(fleets[fleet] ?? noCosts, costs);
    };
    for (const machine of machines) {
      add(machine.fleet, costsOf(machine, span, ranUntil(machine, from), prices));
    }
    for (const { fleet, createdAt } of strayDisks) {
      const existed = hoursOf(overlap(span, { from: createdAt, to: Infinity }));
      add(fleet, [0, existed * priceOf(fleet, prices).disk, 0]);
    }
  }
  const at = new Date(now).toISOString();
  return { v: 1, month, at, days, fleets, ...(known?.previous && { previous: known.previous }) };
}

/** Another copy of the controller wrote it, whose clock is a little ahead of this one's. */
function isJustAhead({ at }: MeterRecord, now: number): boolean {
  const aheadMs = Date.parse(at) - now;
  return aheadMs > 0 && aheadMs <= maxSkewMs;
}

/** Until when it ran; Infinity: it still does. */
function ranUntil({ state, launchedAt, stoppedAt }: Machine, from: number): number {
  if (state === "pending" || state === "running") return Infinity;
  return stoppedAt ?? (launchedAt > from ? Infinity : from);
}

/** What a machine cost within a span of time. */
function costsOf(machine: Machine, span: Span, ranTo: number, prices: MeterPrices): Costs {
  const { machine: perHour, disk } = priceOf(machine.fleet, prices);
  const { state, createdAt, launchedAt, hasPublicAddress } = machine;
  const ran = hoursOf(overlap(span, { from: launchedAt, to: ranTo }));
  const isGone = state === "terminated" || state === "shutting-down";
  const existed = hoursOf(overlap(span, { from: createdAt, to: isGone ? ranTo : Infinity }));
  return [ran * perHour, existed * disk, hasPublicAddress ? ran * prices.address : 0];
}

/** A fleet that has been taken out still has machines: they count as the dearest there is. */
function priceOf(fleet: string, { fleets }: MeterPrices): MachinePrices {
  const own = fleets[fleet];
  if (own) return own;
  return Object.values(fleets).reduce(
    (dearest, prices) => (prices.machine > dearest.machine ? prices : dearest),
    { machine: 0, disk: 0 },
  );
}

/** The record as the month has it that is now: where it turned, what was spent is the month's before. */
function turned(record: MeterRecord, month: string): MeterRecord {
  if (record.month === month) return record;
  const isNext = new Date(Date.parse(`${record.month}-28`) + 7 * 24 * hourMs).toISOString().startsWith(month);
  const { v, at, days } = record;
  return { v, month, at, days: {}, fleets: {}, ...(isNext && { previous: { month: record.month, days } }) };
}

function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

function hoursOf({ from, to }: Span): number {
  return Math.max(0, to - from) / hourMs;
}
