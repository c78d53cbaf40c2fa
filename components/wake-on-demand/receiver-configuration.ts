import { architectureOf, ownerOf, serviceEndpoint, wakingRepositories } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { waitingJobsTable } from "../../contract/names.ts";
import { webhookSecretParameter } from "../../contract/parameters.ts";
import type { LabelledFleet } from "../../contract/job-labels.ts";
import type { ReceiverConfiguration } from "../../contract/receiver.ts";
import { written } from "../../contract/written.ts";
import type { Whole } from "../../contract/written.ts";
import { serviceLabels } from "../../config/runs-on-labels.ts";

/** The webhook receiver's configuration: plain values, without secrets. */
export function receiverConfiguration(
  environment: string,
  configuration: Configuration,
): Whole<ReceiverConfiguration> {
  const { aws, github, wakeOnDemand } = configuration;
  return written<ReceiverConfiguration>({
    environment,
    region: aws.region,
    endpoints: {
      ssm: serviceEndpoint(aws, "ssm"),
      dynamodb: serviceEndpoint(aws, "dynamodb"),
      sqs: serviceEndpoint(aws, "sqs"),
    },
    table: waitingJobsTable(environment),
    secretParameter: webhookSecretParameter(environment),
    owner: ownerOf(github),
    repositories: wakingRepositories(configuration),
    fleets: labelledFleets(configuration),
    emptyLabels: wakeOnDemand.emptyLabels,
  });
}

/** The fleets with all labels of their machines, in the order of the configuration. */
export function labelledFleets({ fleets }: Pick<Configuration, "fleets">): LabelledFleet[] {
  return Object.entries(fleets).map(([name, fleet]) => ({
    name,
    labels: serviceLabels(architectureOf(fleet), fleet.labels),
  }));
}
