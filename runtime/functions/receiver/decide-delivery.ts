import { createHmac, timingSafeEqual } from "node:crypto";
import { secondsThatCount } from "../../../contract/waiting-jobs.ts";
import type { JobReport } from "../job-table.ts";
import { isAllowed, isOurs } from "../our-jobs.ts";
import type { JobRules } from "../our-jobs.ts";
import { readJob } from "./read-job.ts";
import type { DeliveryRequest } from "./url-event.ts";

/**
 * What the receiver does with a delivery:
 * `write`: it writes the job's state · `ignored`: the delivery is genuine, but
 * there is nothing to do · `refused`: GitHub does not send such a request.
 * `unsigned` marks a signature that does not match this secret. It may match
 * another one.
 */
export type DeliveryDecision =
  | { kind: "write"; job: JobReport }
  | { kind: "ignored"; status: 200 | 204; reason: string }
  | { kind: "refused"; status: number; reason: string; unsigned?: true };

/**
 * Judges one delivery. A body is parsed only after its signature has been checked
 * over the bytes as they were received. No reason quotes text of the request.
 *
 * @param now milliseconds since the epoch
 */
export function decideDelivery(
  { method, headers, body }: DeliveryRequest,
  rules: JobRules,
  secret: string,
  now: number,
): DeliveryDecision {
  if (method === undefined) return refused(400, "it is not a request to the function's URL");
  if (method !== "POST") return refused(405, "GitHub delivers by POST");
  if (!body) return refused(413, "the body is larger than a workflow_job's");
  const signature = headers["x-hub-signature-256"];
  if (signature === undefined) return refused(401, "there is no signature (x-hub-signature-256)");
  if (!isSigned(body, signature, secret)) {
    return { kind: "refused", status: 401, reason: "the signature does not match", unsigned: true };
  }
  // A webhook of this content type sends the payload in a field of a form.
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
 * True for a `queued` delivery of a job that no longer waits: it was redelivered
 * when the job's tombstone may have been deleted. GitHub cancels a job that has been
 * queued for a day, which is long before. A job of a deployment's environment is
 * exempt, because it may have been held for approval for as long as its run lasts.
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
 * True if a body's signature was made with this secret.
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
