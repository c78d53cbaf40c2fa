import type { Run } from "../clients/workflow-runs.ts";

/**
 * Why a run without a job will never have one; undefined while it may get one.
 * GitHub creates a run that its Actions policies forbid, and fails it at its
 * start. It does the same with an unusable workflow file, so the policies are
 * only the likely reason.
 */
export function explainRunWithoutJob(
  { status, conclusion }: Run,
  smoke: { owner: string; repository: string; workflow: string },
): string | undefined {
  if (status !== "completed") return undefined;
  if (conclusion === "cancelled") {
    return (
      `The run of ${smoke.workflow} was cancelled before it had a job: by somebody, or by a newer run of its ` +
      "concurrency group. See who did it on the run's page, then run the same command again."
    );
  }
  return (
    `GitHub ended the run of ${smoke.workflow} (${conclusion ?? "no conclusion"}) before it had a job. Most likely an ` +
    `Actions policy of ${smoke.owner} or of ${smoke.owner}/${smoke.repository} forbids the event workflow_dispatch, or ` +
    "forbids the credentials' account to start workflows; where the workflow is a file of your own, it can also be an " +
    "error in the file. The run's page says which. Have the event and the account allowed (Settings, Actions, Policies), " +
    "or correct the file, or set smokeTest.enabled to false: a machine is then in service as soon as it is " +
    "online. See docs/troubleshooting.md#dispatch-forbidden."
  );
}
