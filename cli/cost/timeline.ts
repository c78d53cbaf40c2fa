import type { LedgerLine, LedgerRecord } from "../../contract/ledger.ts";
import { daysOf, overlap } from "../../contract/spans.ts";
import type { Span } from "../../contract/spans.ts";

/** What a machine did for a while. */
export interface Segment extends Span {
  kind: "job" | "idle" | "boot";
  /** A line of the machine: the job's own, or any that says whose time it is. */
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
 * What one machine did, as far as its lines tell: no two segments overlap. It
 * is idle between its start or a job's end and the next job, or its stop. What
 * lies between a stop and the next start is not in it, nor what followed a
 * machine's last word: it may have slept, or run a job that has not ended.
 *
 * @param lines of one machine, in any order
 * @param idleUntil until when the machine has been seen awake and without a job after its last line
 */
export function timelineOf(lines: readonly LedgerLine[], idleUntil?: number): Segment[] {
  const segments: Segment[] = [];
  /** Everything before is told. */
  let told = -Infinity;
  /** Since when it is awake without a job; undefined where that is not known. */
  let freeSince: number | undefined;
  let stoppedAt: number | undefined;

  const tell = (kind: Segment["kind"], line: LedgerLine, from: number, to: number) => {
    const segment = { kind, line, from: Math.max(from, told), to };
    if (segment.from < segment.to) segments.push(segment);
    told = Math.max(told, to);
  };

  const ordered = inOrder(lines);
  for (const line of ordered) {
    if (line.kind === "start") {
      const at = Date.parse(line.at);
      tell("boot", line, beginningOf(line), at);
      freeSince = told;
      stoppedAt = undefined;
    } else if (line.kind === "stop") {
      const at = Date.parse(line.at);
      if (freeSince !== undefined) tell("idle", line, freeSince, at);
      freeSince = undefined;
      stoppedAt = at;
    } else {
      // Without a start in between, a machine that was about to stop has stayed.
      const free = freeSince ?? stoppedAt;
      if (free !== undefined) tell("idle", line, free, beginningOf(line));
      tell("job", line, beginningOf(line), Date.parse(line.endedAt));
      freeSince = told;
      stoppedAt = undefined;
    }
  }
  if (freeSince !== undefined && idleUntil !== undefined) tell("idle", ordered.at(-1)!, freeSince, idleUntil);
  return segments;
}

/** Once each: a write that was tried again after a lost answer may stand there twice. */
function inOrder(lines: readonly LedgerLine[]): LedgerLine[] {
  const different = new Map(lines.map((line) => [`${line.kind ?? "job"} ${beginningOf(line)}`, line]));
  return [...different.values()].sort((one, other) => beginningOf(one) - beginningOf(other));
}

/** When that began of which a line tells, in milliseconds since the epoch. */
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
