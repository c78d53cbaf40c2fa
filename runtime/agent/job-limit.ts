import type { LimitsSetting } from "../../contract/parameters.ts";
import type { JobLimit, RunnerObservation } from "./runner-observation.ts";

/** Undefined: the fleet's setting was never read, or has no limit. */
export function jobLimitOf(limits: LimitsSetting | undefined): JobLimit | undefined {
  if (limits?.maxJobHours === undefined) return undefined;
  return { hours: limits.maxJobHours, enforce: limits.enforce === true };
}

/** What decides whether a job is overdue. */
export type JobAge = Pick<RunnerObservation, "now" | "workerAt" | "jobLimit" | "toldToEndAt">;

const hourMs = 3_600_000;

/** True if its worker has run for longer than the fleet allows. A job without a worker process has not started, so it cannot be overdue. */
export function isOverdue(age: JobAge): boolean {
  return age.now >= overdueAt(age);
}

/** When its job is overdue; Infinity: never. */
export function overdueAt({ workerAt, jobLimit }: Pick<JobAge, "workerAt" | "jobLimit">): number {
  return workerAt === undefined || !jobLimit ? Infinity : workerAt + jobLimit.hours * hourMs;
}

/** How long the job has run, the limit, and what happens; empty if the job is not overdue. The sentence changes every six minutes. */
export function overdueDetail(age: JobAge): string {
  if (!isOverdue(age)) return "";
  const { hours, enforce } = age.jobLimit!;
  const ranFor = Math.floor((10 * (age.now - age.workerAt!)) / hourMs) / 10;
  const next = enforce
    ? "is being ended, because the limit is enforced"
    : "runs on: cancel it at GitHub if it hangs, or raise the limit";
  return `Its job has run for ${ranFor} h, longer than maxJobHours allows (${hours} h), and ${next}.`;
}

/**
 * Milliseconds that a worker has to end after it was told to. The runner takes
 * at most ten seconds for the running step (SIGINT, SIGTERM, SIGKILL), and leaves
 * after 30 in any case (`ExitOnUnloadTimeout` in actions/runner).
 */
export const endLimitMs = 60_000;

/** What happens to a running job. Without `enforce`, nothing at all. */
export function actOnOverdue(age: JobAge): "stay" | "end-job" | "kill-job" {
  if (!age.jobLimit?.enforce || !isOverdue(age)) return "stay";
  if (age.toldToEndAt === undefined) return "end-job";
  return age.now - age.toldToEndAt < endLimitMs ? "stay" : "kill-job";
}
