import type { Run } from "../clients/workflow-runs.ts";

/**
 * Why a run that has no job will never have one; undefined while it may get
 * one. GitHub makes a run that its Actions policies forbid, and fails it at
 * its start.
 */
export function explainRunWithoutJob(
  { status, conclusion }: Run,
  smoke: { owner: string; repository: string; workflow: string },
): string | undefined {
  if (status !== "completed") return undefined;
  return (
    `GitHub ended the run of ${smoke.workflow} (${conclusion ?? "no conclusion"}) before it had a job. ` +
    `An Actions policy of ${smoke.owner} or of ${smoke.owner}/${smoke.repository} forbids the event workflow_dispatch, ` +
    "or forbids the credentials' account to start workflows; the run's page says which. Have both allowed (Settings, " +
    "Actions, Policies), or set longhaul:smokeTest.enabled to false: a machine is then in service as soon as it is " +
    "online. See docs/troubleshooting.md#dispatch-forbidden."
  );
}
