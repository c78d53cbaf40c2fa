import type { LimitsSetting } from "../../contract/parameters.ts";
import type { JobLimit, RunnerObservation } from "./runner-observation.ts";

/** Undefined: the fleet's setting was never read, or knows no limit. */
export function jobLimitOf(limits: LimitsSetting | undefined): JobLimit | undefined {
  if (limits?.maxJobHours === undefined) return undefined;
  return { hours: limits.maxJobHours, enforce: limits.enforce === true };
}

/** What overdue jobs are judged by. */
export type JobAge = Pick<RunnerObservation, "now" | "workerAt" | "jobLimit" | "toldToEndAt">;

const hourMs = 3_600_000;

/** Its worker has run for as long as the fleet allows. A job that has no worker is none that runs. */
export function isOverdue(age: JobAge): boolean {
  return age.now >= overdueAt(age);
}

/** When its job is overdue; Infinity: never. */
export function overdueAt({ workerAt, jobLimit }: Pick<JobAge, "workerAt" | "jobLimit">): number {
  return workerAt === undefined || !jobLimit ? Infinity : workerAt + jobLimit.hours * hourMs;
}

/** How long, which limit, and what to do; empty where the job is not overdue. A sentence that changes each six minutes. */
export function overdueDetail(age: JobAge): string {
  if (!isOverdue(age)) return "";
  const { hours, enforce } = age.jobLimit!;
  const ranFor = Math.floor((10 * (age.now - age.workerAt!)) / hourMs) / 10;
  const next = enforce
    ? "is being ended, for the limit is enforced"
    : "runs on: cancel it at GitHub if it hangs, or raise the limit";
  return `Its job has run for ${ranFor} h, longer than maxJobHours allows (${hours} h), and ${next}.`;
}

/**
 * A worker that was told to end is given so long: the runner takes at most ten
 * seconds for the step that runs (SIGINT, SIGTERM, SIGKILL), and leaves after
 * 30 whatever it has still to do (`ExitOnUnloadTimeout` in actions/runner).
 */
export const endLimitMs = 60_000;

/** What is done about a job that runs. Without `enforce`, nothing whatsoever. */
export function actOnOverdue(age: JobAge): "stay" | "end-job" | "kill-job" {
  if (!age.jobLimit?.enforce || !isOverdue(age)) return "stay";
  if (age.toldToEndAt === undefined) return "end-job";
  return age.now - age.toldToEndAt < endLimitMs ? "stay" : "kill-job";
}
