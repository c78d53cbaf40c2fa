import { isCurrentJob, statesBefore } from "../../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import { mayWakeOneMore, wakesPerJob } from "../demand.ts";
import type { JobReport } from "../../job-table.ts";
import { isAllowed, isOurs } from "../../our-jobs.ts";
import type { JobRules } from "../../our-jobs.ts";

/** Jobs as GitHub reports them, and as the table has them. */
export interface SweepSighting {
  /** Jobs that GitHub has reported in this sweep. There may be more. */
  reported: readonly JobReport[];
  /** As it was before GitHub was asked, including expired items and tombstones. */
  table: readonly WaitingJob[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** What the sweep does. It may be done twice or late, because the table only moves states forward. */
export interface SweepPlan {
  /** States that the table does not have. */
  write: JobReport[];
  /** Ids of jobs that are still queued at GitHub. Noting that allows each of them one more wake. */
  seen: string[];
  /** Jobs of the table that GitHub has not reported in their state. The sweep asks for them one by one. */
  ask: WaitingJob[];
}

/**
 * Compares what GitHub has reported with the table. A job that is missing in the
 * report may still exist: it may be in the part that was not asked for.
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

/** True if it changes anything to note that a job is still queued: the job gets one more wake. */
function wantsToBeSeen(job: WaitingJob, now: number): boolean {
  if (job.state !== "queued" || mayWakeOneMore(job, wakesPerJob)) return false;
  return mayWakeOneMore({ ...job, seenAt: Math.floor(now / 1000) }, wakesPerJob);
}
