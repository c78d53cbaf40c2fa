import { waitingJobsTable } from "../../contract/names.ts";
import { webhookSecretParameter } from "../../contract/parameters.ts";
import { arn, readSecretStatements } from "../iam/policy.ts";
import type { PolicyScope, PolicyStatement } from "../iam/policy.ts";

/**
 * Permissions of the webhook's receiver: exactly the calls of
 * contract/receiver.ts, each on one resource.
 *
 * @param queueArn of the controller's queue
 */
export function receiverStatements(
  environment: string,
  aws: PolicyScope,
  queueArn: string,
): PolicyStatement[] {
  return [
    {
      Sid: "WriteWaitingJobs",
      Effect: "Allow",
      Action: ["dynamodb:UpdateItem"],
      Resource: [arn(aws, "dynamodb", `table/${waitingJobsTable(environment)}`)],
    },
    {
      Sid: "HintAtTheController",
      Effect: "Allow",
      Action: ["sqs:SendMessage"],
      Resource: [queueArn],
    },
    ...readSecretStatements(aws, webhookSecretParameter(environment), {
      read: "ReadTheWebhooksSecret",
      decrypt: "UseTheSecretsKey",
    }),
  ];
}
