import type { LedgerLine, LedgerRecord } from "../../contract/ledger.ts";
import { daysOf, overlap } from "../../contract/spans.ts";
import type { Span } from "../../contract/spans.ts";

/** What a machine did for a while. */
export interface Segment extends Span {
  kind: "job" | "idle" | "boot";
  /** The job's own line. For idle and boot time, a line that names the machine. */
  line: LedgerLine;
}

export interface JobSegment extends Segment {
  kind: "job";
  line: LedgerRecord;
}

export function isJob<Any extends Segment>(segment: Any): segment is Any & JobSegment {
  return segment.kind === "job";
}

/**
 * What one machine did, by its lines in the ledger. Segments do not overlap. The
 * machine is idle from its start, or from a job's end, until the next job or its
 * stop. The time between a stop and the next start is left out. So is the time
 * after the last line, because the machine may have slept since, or run a job that
 * has not ended.
 *
 * @param lines of one machine, in any order
 * @param idleUntil until when the machine has been seen awake and without a job after its last line
 */
export function timelineOf(lines: readonly LedgerLine[], idleUntil?: number): Segment[] {
  const segments: Segment[] = [];
  /** All time before this moment is in a segment or left out. */
  let coveredUntil = -Infinity;
  /** Since when the machine is awake without a job; undefined if that is not known. */
  let freeSince: number | undefined;
  let stoppedAt: number | undefined;

  const add = (kind: Segment["kind"], line: LedgerLine, from: number, to: number) => {
    const segment = { kind, line, from: Math.max(from, coveredUntil), to };
    if (segment.from < segment.to) segments.push(segment);
    coveredUntil = Math.max(coveredUntil, to);
  };

  const ordered = inOrder(lines);
  for (const line of ordered) {
    if (line.kind === "start") {
      const at = Date.parse(line.at);
      add("boot", line, beginningOf(line), at);
      freeSince = coveredUntil;
      stoppedAt = undefined;
    } else if (line.kind === "stop") {
      const at = Date.parse(line.at);
      if (freeSince !== undefined) add("idle", line, freeSince, at);
      freeSince = undefined;
      stoppedAt = at;
    } else {
      // There was no start after the stop, so the machine was about to power off and stayed on.
      const free = freeSince ?? stoppedAt;
      if (free !== undefined) add("idle", line, free, beginningOf(line));
      add("job", line, beginningOf(line), Date.parse(line.endedAt));
      freeSince = coveredUntil;
      stoppedAt = undefined;
    }
  }
  if (freeSince !== undefined && idleUntil !== undefined) add("idle", ordered.at(-1)!, freeSince, idleUntil);
  return segments;
}

/** The lines in order and without duplicates. A write that was repeated after a lost answer may be in the ledger twice. */
function inOrder(lines: readonly LedgerLine[]): LedgerLine[] {
  const different = new Map(lines.map((line) => [`${line.kind ?? "job"} ${beginningOf(line)}`, line]));
  return [...different.values()].sort((one, other) => beginningOf(one) - beginningOf(other));
}

/** When what a line records began, in milliseconds since the epoch. */
export function beginningOf(line: LedgerLine): number {
  if (line.kind === "start") return Date.parse(line.at) - line.bootSeconds * 1000;
  return Date.parse(line.kind === "stop" ? line.at : line.receivedAt);
}

/** The part of segments that lies in a span. */
export function within(segments: readonly Segment[], span: Span): Segment[] {
  return segments
    .map((segment) => ({ ...segment, ...overlap(segment, span) }))
    .filter((segment) => segment.from < segment.to);
}

/** The same, cut at each midnight in UTC. */
export function byDays(segments: readonly Segment[]): Segment[] {
  return segments.flatMap((segment) => daysOf(segment).map((day) => ({ ...segment, ...day })));
}

/** The day of a moment in UTC: `2026-11-05`. */
export function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
