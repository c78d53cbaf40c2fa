import { totalOf } from "../../contract/meter.ts";
import type { Costs } from "../../contract/meter.ts";
import type { Segment } from "./timeline.ts";

/** A segment with what it cost, in US dollars. */
export type PricedSegment = Segment & { usd: number };

/**
 * Where the money went. It always holds that jobs + idle + boot + unattributed
 * = meter + beyondMeter, and beyondMeter is 0 as long as the records explain no
 * more than the meter has seen.
 */
export interface CostBreakdown {
  jobsUsd: number;
  idleUsd: number;
  bootUsd: number;
  /** What no record explains: disks, addresses, and machine time without a record. */
  unattributedUsd: number;
  unattributed: { disksUsd: number; addressesUsd: number; machinesUsd: number };
  meterUsd: number;
  /** By how much the records' machine time costs more than the meter's. */
  beyondMeterUsd: number;
}

/** The costs of recorded time. Without a meter, only these are known. */
export type RecordedCosts = Pick<CostBreakdown, "jobsUsd" | "idleUsd" | "bootUsd">;

export function recordedCosts(segments: readonly PricedSegment[]): RecordedCosts {
  const sum = (kind: Segment["kind"]) =>
    segments.reduce((total, segment) => total + (segment.kind === kind ? segment.usd : 0), 0);
  return { jobsUsd: sum("job"), idleUsd: sum("idle"), bootUsd: sum("boot") };
}

/** US dollars up to which a difference comes from rounding in the records: a hundredth of a cent. */
const rounding = 1e-4;

export function costBreakdown(recorded: RecordedCosts, meter: Costs): CostBreakdown {
  const [machines, disksUsd, addressesUsd] = meter;
  const rest = machines - (recorded.jobsUsd + recorded.idleUsd + recorded.bootUsd);
  const machinesUsd = Math.max(0, rest);
  return {
    ...recorded,
    unattributedUsd: disksUsd + addressesUsd + machinesUsd,
    unattributed: { disksUsd, addressesUsd, machinesUsd },
    meterUsd: totalOf(meter),
    beyondMeterUsd: Math.max(0, -rest),
  };
}

/** Whether the records explain more than was paid for, by more than rounding. */
export function isBeyondMeter({ beyondMeterUsd }: CostBreakdown): boolean {
  return beyondMeterUsd > rounding;
}

const hourMs = 3_600_000;

/**
 * Each segment with its price.
 *
 * @param usdPerHour price of the segment's machine; undefined if it is not known, and the segment then costs nothing
 */
export function priced(
  segments: readonly Segment[],
  usdPerHour: (segment: Segment) => number | undefined,
): PricedSegment[] {
  return segments.map((segment) => ({
    ...segment,
    usd: ((segment.to - segment.from) / hourMs) * (usdPerHour(segment) ?? 0),
  }));
}
