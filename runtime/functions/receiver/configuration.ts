import type { LabelledFleet } from "../../../contract/job-labels.ts";

/** What the receiver is told when it is deployed; plain values, no secret. */
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
  /** Names of the repositories whose jobs count, without the owner. Absent: all of the owner's. */
  repositories?: readonly string[];
  /** In the order of the configuration. */
  fleets: readonly LabelledFleet[];
  /** The fleet that jobs without labels count for. */
  emptyLabels?: string;
}
