import { waitingJobsTable } from "../contract/names.ts";
import { webhookSecretParameter } from "../contract/parameters.ts";
import { arn, domainOf, parameterArn } from "./policy.ts";
import type { Place, PolicyStatement } from "./policy.ts";

/**
 * What the webhook's receiver may do: exactly the calls of contract/receiver.ts,
 * each on one resource.
 *
 * @param queueArn of the controller's queue
 */
export function receiverStatements(environment: string, aws: Place, queueArn: string): PolicyStatement[] {
  const secret = parameterArn(aws, webhookSecretParameter(environment));
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
    {
      Sid: "ReadTheWebhooksSecret",
      Effect: "Allow",
      Action: ["ssm:GetParameter"],
      Resource: [secret],
    },
    ...(aws.kmsKeyArn === undefined
      ? []
      : [
          {
            Sid: "UseTheSecretsKey",
            Effect: "Allow" as const,
            Action: ["kms:Decrypt"],
            Resource: [aws.kmsKeyArn],
            Condition: {
              StringEquals: {
                "kms:ViaService": `ssm.${aws.region}.${domainOf(aws)}`,
                "kms:EncryptionContext:PARAMETER_ARN": secret,
              },
            },
          },
        ]),
  ];
}
