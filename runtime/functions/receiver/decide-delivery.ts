import { createHmac, timingSafeEqual } from "node:crypto";
import { secondsThatCount } from "../../../contract/waiting-jobs.ts";
import type { JobReport } from "../job-table.ts";
import { isAllowed, isOurs } from "../our-jobs.ts";
import type { JobRules } from "../our-jobs.ts";
import { readJob } from "./read-job.ts";
import type { DeliveryRequest } from "./url-event.ts";

/**
 * What becomes of a delivery:
 * `write` its job's state · `ignored` genuine, and nothing to do · `refused`
 * not what GitHub sends. `unsigned` tells a signature that does not match,
 * which another secret may still do.
 */
export type DeliveryDecision =
  | { kind: "write"; job: JobReport }
  | { kind: "ignored"; status: 200 | 204; reason: string }
  | { kind: "refused"; status: number; reason: string; unsigned?: true };

/**
 * Judges one delivery. Nothing of a body is read before its signature has been
 * checked over the bytes as they came. No text of a request gets into a reason.
 *
 * @param now milliseconds since the epoch
 */
export function decideDelivery(
  { method, headers, body }: DeliveryRequest,
  rules: JobRules,
  secret: string,
  now: number,
): DeliveryDecision {
  if (method === undefined) return refused(400, "it is no request to the function's URL");
  if (method !== "POST") return refused(405, "GitHub delivers by POST");
  if (!body) return refused(413, "the body is larger than a workflow_job's");
  const signature = headers["x-hub-signature-256"];
  if (signature === undefined) return refused(401, "there is no signature (x-hub-signature-256)");
  if (!isSigned(body, signature, secret)) {
    return { kind: "refused", status: 401, reason: "the signature does not match", unsigned: true };
  }
  // GitHub's own choice: the payload would be in a field of a form.
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return refused(415, "set the webhook's content type to application/json");
  }
  const event = headers["x-github-event"];
  if (event === undefined) return refused(400, "there is no event (x-github-event)");
  if (event === "ping") return { kind: "ignored", status: 200, reason: "ping" };
  if (event !== "workflow_job") return ignored("another event");
  const read = readJob(body, now);
  if (read.kind === "malformed") return refused(400, `no workflow_job: ${read.reason}`);
  if (read.kind === "other") return ignored("another state");
  const { job } = read;
  if (!isAllowed(job.repository, rules)) return ignored("another repository");
  if (!isOurs(job, rules)) return ignored("no fleet has these labels");
  if (isPastWaiting(job, read.mayBeHeld, now)) return ignored("the job was made days ago");
  return { kind: "write", job };
}

/**
 * Whether a delivery says `queued` of a job that waits no more: one that was
 * delivered once more when the job's tombstone may be gone already. GitHub gives up
 * a job that has been queued for a day, long before. One of a deployment's environment
 * may have been held for approval before, for as long as its run lasts.
 */
function isPastWaiting({ state, queuedAt }: JobReport, mayBeHeld: boolean, now: number): boolean {
  return state === "queued" && !mayBeHeld && now / 1000 - queuedAt >= secondsThatCount.completed;
}

function ignored(reason: string): DeliveryDecision {
  return { kind: "ignored", status: 204, reason };
}

function refused(status: number, reason: string): DeliveryDecision {
  return { kind: "refused", status, reason };
}

/**
 * Whether GitHub signed a body with this secret.
 *
 * @param signature the header `x-hub-signature-256`: `sha256=` and 64 hexadecimal digits
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function isSigned(body: Uint8Array, signature: string, secret: string): boolean {
  const digits = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (digits === undefined) return false;
  const expected = createHmac("sha256", secret).update(body).digest();
  return timingSafeEqual(Buffer.from(digits, "hex"), expected);
}
