import { isObject } from "../../../contract/json.ts";
import { parseJson } from "../../aws/json.ts";
import { malformed, readWorkflowJob } from "../workflow-job.ts";
import type { ReadJob } from "../workflow-job.ts";

/**
 * As {@link ReadJob}. `mayBeHeld`: the job belongs to a deployment's environment,
 * and the environment's rules may have held it before it was queued.
 *
 * @see https://github.blog/changelog/2022-11-22-webhook-enhancements-for-environment-protection-rules/
 */
export type ReadDelivery = ReadJob & { mayBeHeld: boolean };

/** Reads a delivery of the event `workflow_job`. @param now milliseconds since the epoch */
export function readJob(body: Uint8Array, now: number): ReadDelivery {
  const payload = parseJson(Buffer.from(body).toString("utf8"));
  if (!isObject(payload) || !isObject(payload.workflow_job)) {
    return { ...malformed("it has no workflow_job"), mayBeHeld: false };
  }
  const repository = isObject(payload.repository) ? payload.repository.full_name : undefined;
  const read = readWorkflowJob(payload.workflow_job, { repository, state: payload.action, now });
  return { ...read, mayBeHeld: isObject(payload.deployment) };
}
