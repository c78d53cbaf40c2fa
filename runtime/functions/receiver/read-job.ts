import { isObject } from "../../../contract/json.ts";
import { parseJson } from "../../aws/json.ts";
import { malformed, readWorkflowJob } from "../workflow-job.ts";
import type { ReadJob } from "../workflow-job.ts";

/** What a delivery of `workflow_job` says. @param now milliseconds since the epoch */
export function readJob(body: Uint8Array, now: number): ReadJob {
  const payload = parseJson(Buffer.from(body).toString("utf8"));
  if (!isObject(payload) || !isObject(payload.workflow_job)) return malformed("it has no workflow_job");
  const repository = isObject(payload.repository) ? payload.repository.full_name : undefined;
  return readWorkflowJob(payload.workflow_job, { repository, state: payload.action, now });
}
