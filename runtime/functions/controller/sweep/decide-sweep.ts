import { isCurrentJob, statesBefore } from "../../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import { mayWakeOneMore, wakesPerJob } from "../demand.ts";
import type { JobReport } from "../../job-table.ts";
import { isAllowed, isOurs } from "../../our-jobs.ts";
import type { JobRules } from "../../our-jobs.ts";

/** What GitHub says, and what the table says. */
export interface SweepSighting {
  /** Jobs as GitHub has reported of them in this sweep; not all that there are. */
  reported: readonly JobReport[];
  /** As it was before GitHub was asked; expired items and tombstones among them. */
  table: readonly WaitingJob[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** What is to be done. Doing it twice, or late, is doing it once: the table takes states forward only. */
export interface SweepPlan {
  /** States that the table does not have. */
  write: JobReport[];
  /** Ids of jobs to note that they were still queued: they may have one wake more. */
  seen: string[];
  /** Jobs of the table of which GitHub has not reported what the table says: to be asked for one by one. */
  ask: WaitingJob[];
}

/**
 * Compares what GitHub tells with the table. That a job is missing in what
 * GitHub reported proves nothing: it may be in the part that was not asked for.
 */
export function decideSweep({ reported, table, now }: SweepSighting, rules: JobRules): SweepPlan {
  const known = new Map(table.map((job) => [job.id, job]));
  const latest = new Map<string, JobReport>();
  for (const job of reported) {
    if (!isAllowed(job.repository, rules) || !(known.has(job.id) || isOurs(job, rules))) continue;
    const other = latest.get(job.id);
    if (!other || statesBefore(job.state).includes(other.state)) latest.set(job.id, job);
  }
  const open = table.filter(
    (job) => job.state !== "completed" && isCurrentJob(job, now) && isAllowed(job.repository, rules),
  );
  return {
    write: [...latest.values()].filter(({ id, state }) => {
      const before = known.get(id);
      return !before || statesBefore(state).includes(before.state);
    }),
    seen: open
      .filter((job) => latest.get(job.id)?.state === "queued" && wantsToBeSeen(job, now))
      .map(({ id }) => id),
    ask: open.filter(({ id, state }) => {
      const now = latest.get(id);
      return !now || statesBefore(state).includes(now.state);
    }),
  };
}

/** Whether it makes a difference that a job is seen queued now. */
function wantsToBeSeen(job: WaitingJob, now: number): boolean {
  if (job.state !== "queued" || mayWakeOneMore(job, wakesPerJob)) return false;
  return mayWakeOneMore({ ...job, seenAt: Math.floor(now / 1000) }, wakesPerJob);
}
