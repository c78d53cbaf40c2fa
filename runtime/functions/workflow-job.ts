import { isJobState } from "../../contract/waiting-jobs.ts";
import { written } from "../../contract/written.ts";
import type { JobReport } from "./job-table.ts";

/** GitHub ends a workflow run after 35 days, including the time that it waited for an approval. */
const maxJobAgeMs = 35 * 24 * 3_600_000;

/**
 * A job as a delivery or an answer of GitHub's API describes it.
 *
 * - `job`: a job in one of the states of {@link JobReport}.
 * - `other`: a state that does not concern runners. GitHub reports `waiting` while a
 *   deployment's rules hold the job, and `queued` once they release it.
 * - `malformed`: the reason says what is wrong.
 */
export type ReadJob =
  { kind: "job"; job: JobReport } | { kind: "other"; state: string } | { kind: "malformed"; reason: string };

/**
 * Reads a workflow job as GitHub describes it, in webhooks and in the API alike.
 *
 * @param state the delivery's `action`, or the job's `status`
 * @param now milliseconds since the epoch
 */
export function readWorkflowJob(
  job: Readonly<Record<string, unknown>>,
  { repository, state, now }: { repository: unknown; state: unknown; now: number },
): ReadJob {
  if (typeof repository !== "string" || !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    return malformed("repository.full_name is missing or malformed");
  }
  const { id, labels, created_at: createdAt, runner_name: runner } = job;
  if (!Number.isSafeInteger(id) || Number(id) <= 0)
    return malformed("workflow_job.id is missing or malformed");
  // In `completed` deliveries, GitHub's labels include nulls.
  const named = Array.isArray(labels) ? labels.filter((label: unknown) => label !== null) : undefined;
  if (!named?.every((label) => typeof label === "string")) {
    return malformed("workflow_job.labels is not a list of strings");
  }
  if (typeof state !== "string") return malformed("it has no action");
  if (!isJobState(state)) return { kind: "other", state: state.slice(0, 40) };
  const createdMs = typeof createdAt === "string" ? Date.parse(createdAt) : Number.NaN;
  if (!(createdMs >= 0)) return malformed("workflow_job.created_at is not a time");
  if (now - createdMs > maxJobAgeMs) return malformed("the job is older than a run can be");
  return {
    kind: "job",
    job: written<JobReport>({
      id: String(id),
      repository,
      labels: named,
      state,
      queuedAt: Math.floor(createdMs / 1000),
      runner: typeof runner === "string" && runner !== "" ? runner : undefined,
    }),
  };
}

export function malformed(reason: string): { kind: "malformed"; reason: string } {
  return { kind: "malformed", reason };
}
