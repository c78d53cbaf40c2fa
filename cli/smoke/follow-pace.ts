import type { WorkflowJob } from "../clients/workflow-runs.ts";

const minuteMs = 60_000;
const longestBackOffMs = 5 * minuteMs;
/** Farther than this from the expected end, a longer interval between looks is enough. */
const farMinutes = 10;

/** @returns milliseconds until the next look: longer after failures, and far from the expected end */
export function nextPollMs({
  pollMs,
  failures,
  remainingMinutes,
}: {
  pollMs: number;
  /** Looks in a row that got no answer. */
  failures: number;
  /** Undefined: not known. */
  remainingMinutes: number | undefined;
}): number {
  if (failures > 0) return Math.max(pollMs, Math.min(pollMs * 2 ** failures, longestBackOffMs));
  const isFar = remainingMinutes !== undefined && remainingMinutes > farMinutes;
  return isFar ? Math.max(pollMs, Math.min(4 * pollMs, minuteMs)) : pollMs;
}

/**
 * @param job the job in progress; undefined while none is
 * @param minutes how long it is expected to take
 * @param now milliseconds since the epoch
 */
export function progressLine(
  job: WorkflowJob | undefined,
  minutes: number | undefined,
  now: number,
): { line: string; remainingMinutes: number | undefined } {
  if (!job) return { line: "Queued: no runner has taken it yet.", remainingMinutes: minutes };
  // GitHub's clock and this computer's differ a little.
  const elapsed = Math.max(0, Math.floor((now - Date.parse(job.startedAt ?? "")) / minuteMs) || 0);
  const of = minutes === undefined ? "" : ` of ${minutes}`;
  const step = job.currentStep === undefined ? "" : `, step "${job.currentStep}"`;
  return {
    line: `Minute ${elapsed}${of} on ${job.runnerName ?? "a runner"}${step}.`,
    remainingMinutes: minutes === undefined ? undefined : Math.max(0, minutes - elapsed),
  };
}
