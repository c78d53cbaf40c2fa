import { fullName, isoTime } from "./model.ts";
import type { Job, Model } from "./model.ts";
import { needsContext } from "./runs.ts";

/** Everything that a runner receives about its job. */
export function jobMessage(model: Model, job: Job) {
  const { run } = job;
  return {
    requestId: job.requestId,
    runId: run.id,
    runNumber: run.number,
    runAttempt: 1,
    jobId: job.id,
    planGuid: guid(run.id),
    jobGuid: guid(job.id),
    jobKey: job.key,
    jobName: job.name,
    repository: fullName(run.repository),
    workflow: run.workflow.name ?? run.path,
    workflowPath: run.path,
    workflowText: run.text,
    ref: `refs/heads/${run.branch}`,
    sha: run.sha,
    actor: run.actor,
    event: run.event,
    inputs: run.inputs,
    labels: job.labels,
    timeoutMinutes: job.timeoutMinutes,
    renewEverySeconds: model.wire.renewEverySeconds,
    serverUrl: model.url,
    apiUrl: `${model.url}/api/v3`,
    token: job.token,
    startedAt: isoTime(job.startedAt!),
    needs: needsContext(job),
  };
}

/** GitHub's other id for runs and jobs, which appears in the runner's log. */
function guid(id: number): string {
  return `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`;
}
