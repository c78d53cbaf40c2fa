import { createHmac } from "node:crypto";
import type { ReceiverConfiguration } from "../../../../contract/receiver.ts";
import type { DeliveryRequest } from "../../../../runtime/functions/receiver/url-event.ts";

export const secret = "canary-webhook-secret-0123456789abcdef";
export const now = Date.UTC(2026, 4, 1, 10, 0, 0);

/** Jobs of every repository of the owner count. */
export const openConfiguration: ReceiverConfiguration = {
  environment: "dev",
  region: "eu-central-1",
  endpoints: { ssm: "http://ssm", dynamodb: "http://dynamodb", sqs: "http://sqs" },
  table: "longhaul-dev-waiting-jobs",
  secretParameter: "/longhaul/dev/webhook/secret",
  owner: "acme",
  fleets: [{ name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud"] }],
};

export const configuration: ReceiverConfiguration = { ...openConfiguration, repositories: ["app", "tools"] };

/** The fields of GitHub's payload that are read. */
export function payload(job: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) {
  return {
    action: "queued",
    workflow_job: {
      id: 29679449526,
      status: "queued",
      labels: ["self-hosted", "Cloud"],
      created_at: "2026-05-01T09:59:58Z",
      runner_name: null,
      ...job,
    },
    repository: { full_name: "acme/app" },
    ...rest,
  };
}

/** A delivery as GitHub sends it. */
export function delivery(
  body: unknown = payload(),
  headers: Record<string, string | undefined> = {},
): DeliveryRequest {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "workflow_job",
      "x-github-delivery": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
      "x-hub-signature-256": sign(bytes),
      ...headers,
    },
    body: bytes,
  };
}

export function sign(bytes: Uint8Array, key = secret): string {
  return `sha256=${createHmac("sha256", key).update(bytes).digest("hex")}`;
}
