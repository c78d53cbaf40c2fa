import { monthOf } from "../../../contract/moment.ts";
import { isGone } from "../../../contract/instance-state.ts";
import type { MachinePrices } from "../../../contract/controller.ts";
import { addCosts, noCosts, totalOf } from "../../../contract/meter.ts";
import type { Costs, MeterRecord } from "../../../contract/meter.ts";
import { listedDiskPrice, machineHourPrice } from "../../../contract/prices.ts";
import type { FleetPrice, PriceList } from "../../../contract/prices.ts";
import { daysOf, overlap } from "../../../contract/spans.ts";
import type { Span } from "../../../contract/spans.ts";
import type { Disk, ControlledMachine } from "./machine.ts";

/** Prices in US dollars for each hour. */
export interface MeterPrices {
  /** By fleet: of a machine as the fleet creates them now. */
  fleets: Readonly<Record<string, MachinePrices & FleetPrice>>;
  /** A public address. */
  address: number;
  /** Of machines of other types, and of disks by their size. */
  list: PriceList;
}

/** Everything that costs money. */
export interface MeterUpdate {
  /** All machines of the environment, including recently terminated ones. */
  machines: readonly ControlledMachine[];
  strayDisks: readonly Disk[];
}

const hourMs = 60 * 60_000;

/** Milliseconds by which the clocks of two computers may differ; a larger difference means that a clock was wrong. */
const maxSkewMs = 10 * 60_000;

/**
 * The record with all costs until now. Time since it was last written is
 * reconstructed from what EC2 describes of each machine: when it was made, when
 * it was last started and, if EC2 says so, when it stopped. A machine that
 * powered itself off in that time counts until the record's end, and one that
 * was started since then counts until now as well. Each sleep adds a minute at
 * most, and an outage of the controller adds the sleeps that began in it. No time
 * can be counted twice, because a record says until when it counts.
 *
 * An absent or damaged record starts again with the month. Machines that run
 * count from their start. Of machines that sleep, only the disks count: it is not
 * known how long they ran before, and invented hours could turn the environment
 * off.
 *
 * A disk that is attached to no machine costs money as long as it exists.
 */
export function meterUntil(
  record: MeterRecord | undefined,
  now: number,
  { machines, strayDisks }: MeterUpdate,
  prices: MeterPrices,
): MeterRecord {
  if (record && isJustAhead(record, now)) return record;
  const month = monthOf(now);
  const known = isUsable(record, now) ? turned(record, month) : undefined;
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
      const ranTo = known ? ranUntil(machine, from) : knownToHaveRunUntil(machine);
      add(machine.fleet, costsOf(machine, span, ranTo, prices));
    }
    for (const disk of strayDisks) {
      const existed = hoursOf(overlap(span, { from: disk.createdAt, to: Infinity }));
      add(disk.fleet, [0, existed * strayDiskPrice(disk, prices), 0]);
    }
  }
  const at = new Date(now).toISOString();
  const begun = known?.begun ?? at;
  return { v: 1, month, begun, at, days, fleets, ...(known?.previous && { previous: known.previous }) };
}

/** A sentence for each assumption of the meter, for the log. */
export function meterAssumptions(
  record: MeterRecord | undefined,
  now: number,
  { machines }: Pick<MeterUpdate, "machines">,
  prices: MeterPrices,
): string[] {
  const begun =
    (record && isJustAhead(record, now)) || isUsable(record, now)
      ? []
      : [
          "The meter has no record to continue and starts the month again: running machines count " +
            "from their last start, sleeping machines from now.",
        ];
  const guessed = new Map<string, { ids: string[]; fleet: string; instanceType: string; usd: number }>();
  for (const machine of machines) {
    const { id, fleet, instanceType, state } = machine;
    const { usd, isKnown } = machinePrice(machine, prices);
    if (isKnown || state === "terminated") continue;
    const key = `${fleet} ${instanceType}`;
    const others = guessed.get(key);
    if (others) others.ids.push(id);
    else guessed.set(key, { ids: [id], fleet, instanceType, usd });
  }
  return [
    ...begun,
    ...[...guessed.values()].map(
      ({ ids, fleet, instanceType, usd }) =>
        `The price of ${instanceType} is not in the list of prices: ${ids.join(", ")} of ${fleet} ` +
        `count at the price of the fleet's present type, ${usd} USD for an hour.`,
    ),
  ];
}

/** True if the record can be continued. One with a future time cannot: a clock was wrong. */
function isUsable(record: MeterRecord | undefined, now: number): record is MeterRecord {
  return record !== undefined && Date.parse(record.at) <= now;
}

/** True if a concurrent controller wrote it with a clock that is a little ahead of this one's. */
function isJustAhead({ at }: MeterRecord, now: number): boolean {
  const aheadMs = Date.parse(at) - now;
  return aheadMs > 0 && aheadMs <= maxSkewMs;
}

/** When it stopped running; Infinity: it still runs. @param from the end of the record */
function ranUntil(machine: ControlledMachine, from: number): number {
  if (machine.state === "running") return Infinity;
  if (hasNotRun(machine)) return machine.launchedAt;
  return machine.stoppedAt ?? (machine.launchedAt > from ? Infinity : from);
}

/** The same without a record: a machine that is stopping ran until a moment ago. */
function knownToHaveRunUntil(machine: ControlledMachine): number {
  const { state, stoppedAt } = machine;
  if (state === "running") return Infinity;
  if (hasNotRun(machine)) return -Infinity;
  return stoppedAt ?? (state === "stopping" || state === "shutting-down" ? Infinity : -Infinity);
}

/**
 * True if it has not run since its last start: it is still pending, or the start failed. AWS bills an instance from
 * `running` on.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
function hasNotRun({ state, failedStart }: ControlledMachine): boolean {
  return state === "pending" || failedStart !== undefined;
}

/** The costs of a machine within a span of time. */
function costsOf(machine: ControlledMachine, span: Span, ranTo: number, prices: MeterPrices): Costs {
  const { state, createdAt, launchedAt, hasPublicAddress } = machine;
  const ran = hoursOf(overlap(span, { from: launchedAt, to: ranTo }));
  const existed = hoursOf(overlap(span, { from: createdAt, to: isGone(state) ? ranTo : Infinity }));
  return [
    ran * machinePrice(machine, prices).usd,
    existed * disksPrice(machine, prices),
    hasPublicAddress ? ran * prices.address : 0,
  ];
}

/** The price of a machine; without a known price for its type, the price of its fleet's machines now. */
function machinePrice(machine: ControlledMachine, prices: MeterPrices): { usd: number; isKnown: boolean } {
  const usd = machineHourPrice(machine, prices.fleets, prices.list);
  return usd === undefined
    ? { usd: presentPrices(machine.fleet, prices).machine, isKnown: false }
    : { usd, isKnown: true };
}

function disksPrice({ fleet, disks }: ControlledMachine, prices: MeterPrices): number {
  if (!disks) return presentPrices(fleet, prices).disk;
  return disks.reduce((sum, size) => sum + listedDiskPrice(size, prices.list), 0);
}

function strayDiskPrice({ fleet, size }: Disk, prices: MeterPrices): number {
  return size ? listedDiskPrice(size, prices.list) : presentPrices(fleet, prices).disk;
}

/** The price of a fleet's machines now; for a fleet that was removed, the highest price of all. */
function presentPrices(fleet: string, prices: MeterPrices): MachinePrices {
  if (Object.hasOwn(prices.fleets, fleet)) return prices.fleets[fleet]!;
  return Object.values(prices.fleets).reduce<MachinePrices>(
    (dearest, prices) => (prices.machine > dearest.machine ? prices : dearest),
    { machine: 0, disk: 0 },
  );
}

/** The record for the current month: if the month has turned, the costs become those of the month before. */
function turned(record: MeterRecord, month: string): MeterRecord {
  if (record.month === month) return record;
  const isNext = new Date(Date.parse(`${record.month}-28`) + 7 * 24 * hourMs).toISOString().startsWith(month);
  const { v, begun, at, days } = record;
  return {
    v,
    month,
    begun,
    at,
    days: {},
    fleets: {},
    ...(isNext && { previous: { month: record.month, days } }),
  };
}

function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

function hoursOf({ from, to }: Span): number {
  return Math.max(0, to - from) / hourMs;
}
