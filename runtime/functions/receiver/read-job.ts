import { isJobState } from "../../../contract/waiting-jobs.ts";
import { parseJson } from "../../aws/json.ts";
import type { JobReport } from "../job-table.ts";

/** GitHub ends a workflow run after 35 days, the time that it waited for an approval among them. */
const maxJobAgeMs = 35 * 24 * 3_600_000;

/**
 * What a delivery of `workflow_job` says.
 *
 * - `job`: a state of a job.
 * - `other`: a state that is none of a job for runners: GitHub says `waiting` of one
 *   that a deployment's rules hold, and `queued` when they let it go.
 * - `malformed`, with what is wrong.
 */
export type ReadJob =
  { kind: "job"; job: JobReport } | { kind: "other"; state: string } | { kind: "malformed"; reason: string };

/** @param now milliseconds since the epoch */
export function readJob(body: Uint8Array, now: number): ReadJob {
  const payload = object(parseJson(Buffer.from(body).toString("utf8")));
  const job = object(payload?.workflow_job);
  const repository = object(payload?.repository)?.full_name;
  if (!payload || !job) return malformed("it has no workflow_job");
  if (typeof repository !== "string" || !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    return malformed("repository.full_name is none");
  }
  const { id, labels, created_at: createdAt, runner_name: runner } = job;
  const state = payload.action;
  if (!Number.isSafeInteger(id) || Number(id) <= 0) return malformed("workflow_job.id is none");
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) {
    return malformed("workflow_job.labels is no list of texts");
  }
  if (typeof state !== "string") return malformed("it has no action");
  if (!isJobState(state)) return { kind: "other", state: state.slice(0, 40) };
  const createdMs = typeof createdAt === "string" ? Date.parse(createdAt) : Number.NaN;
  if (!(createdMs >= 0)) return malformed("workflow_job.created_at is no time");
  if (now - createdMs > maxJobAgeMs) return malformed("the job is older than a run can be");
  return {
    kind: "job",
    job: {
      id: String(id),
      repository,
      labels,
      state,
      queuedAt: Math.floor(createdMs / 1000),
      ...(typeof runner === "string" && runner !== "" && { runner }),
    },
  };
}

function malformed(reason: string): ReadJob {
  return { kind: "malformed", reason };
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
