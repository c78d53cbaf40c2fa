import type { LabelledFleet } from "./job-labels.ts";
import type { Shape } from "./shape.ts";
import { parseShape } from "./shape.ts";

/**
 * Every AWS action that the webhook's receiver calls. Its client accepts no
 * other, and tests compare its role with this list.
 */
export const receiverCalls = ["dynamodb:UpdateItem", "sqs:SendMessage", "ssm:GetParameter"] as const;
export type ReceiverCall = (typeof receiverCalls)[number];

/** The variable of a function's environment that holds the URL of the controller's queue. */
export const queueUrlVariable = "LONGHAUL_QUEUE_URL";

/** The webhook receiver's configuration, written when it is deployed: plain values, no secrets. */
export interface ReceiverConfiguration {
  environment: string;
  region: string;
  /** Base URLs without a trailing slash. */
  endpoints: { ssm: string; dynamodb: string; sqs: string };
  /** Name of the table of waiting jobs. */
  table: string;
  /** Name of the parameter that holds the webhook's secret. */
  secretParameter: string;
  /** The organisation, or the repository's owner. */
  owner: string;
  /** Names of the repositories with jobs that count, without the owner. Absent: all of the owner's. */
  repositories?: readonly string[];
  /** In the order of the configuration. */
  fleets: readonly LabelledFleet[];
  /** The fleet that jobs without labels count for. */
  emptyLabels?: string;
}

const shape: Shape<ReceiverConfiguration> = {
  environment: "text",
  region: "text",
  endpoints: { ssm: "text", dynamodb: "text", sqs: "text" },
  table: "text",
  secretParameter: "text",
  owner: "text",
  "repositories?": ["text"],
  fleets: [{ name: "text", labels: ["text"] }],
  "emptyLabels?": "text",
};

/**
 * Reads what the stack wrote as JSON. A receiver with half of its configuration could drop jobs, so it does not start,
 * and GitHub shows its deliveries as failed.
 *
 * @throws naming each value that is missing or of another kind
 */
export function parseReceiverConfiguration(text: string): ReceiverConfiguration {
  return parseShape<ReceiverConfiguration>(text, shape, {
    subject: "The receiver's configuration",
    remedy: "Its code and its configuration are of different versions: `pulumi up` writes both.",
  });
}
