import type { WorkflowJob } from "../clients/workflow-runs.ts";

/** How far a run of the smoke test is. */
export type RunStart =
  | { kind: "waiting" }
  /** Its job is, or was, on a runner of this name. */
  | { kind: "begun"; runnerName: string }
  /** It ended without success, perhaps before any runner had it. */
  | { kind: "ended"; conclusion: string; runnerName: string };

/** @param jobs of the run; none right after its dispatch */
export function judgeStart(jobs: readonly WorkflowJob[]): RunStart {
  const job = jobs[0];
  if (!job) return { kind: "waiting" };
  const runnerName = job.runnerName ?? "";
  if (job.status === "completed") {
    return job.conclusion === "success"
      ? { kind: "begun", runnerName }
      : { kind: "ended", conclusion: job.conclusion ?? "no conclusion", runnerName };
  }
  // The name can be missing for a moment after the job was taken.
  return job.status === "in_progress" && runnerName !== ""
    ? { kind: "begun", runnerName }
    : { kind: "waiting" };
}
