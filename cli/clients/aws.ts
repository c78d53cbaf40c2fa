import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { GetCallerIdentityCommandOutput } from "@aws-sdk/client-sts";
import { Failure } from "../../contract/failure.ts";
import type { Target } from "../../contract/requests.ts";
import type { BudgetCall } from "../../contract/controller-calls.ts";
import type { CallAws } from "../../runtime/aws/client.ts";
import { awsCall } from "./aws-call.ts";
import { budgetsOf } from "./budgets.ts";
import { imagesOf } from "./images.ts";
import type { Images } from "./images.ts";
import { instancesOf } from "./instances.ts";
import type { Instances } from "./instances.ts";
import { ledgerOf } from "./ledger.ts";
import type { LedgerReader } from "./ledger.ts";
import { operatorLogOf } from "./operator-log.ts";
import type { OperatorLog } from "./operator-log.ts";
import { parametersOf } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";
import { resourceTagsOf } from "./resource-tags.ts";
import type { ResourceTags } from "./resource-tags.ts";

/** Milliseconds to reach an endpoint, and for one attempt of a call. */
const limits = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/** Attempts of one call, including the first: throttling of a busy account passes within a few. */
const maxAttempts = 5;

/** The AWS clients of the operator's command. */
export interface Aws {
  /** ARN of the identity with these credentials: the caller. */
  caller: string;
  instances: Instances;
  images: Images;
  resourceTags: ResourceTags;
  parameters: Parameters;
  operatorLog: OperatorLog;
  ledger: LedgerReader;
  budgets: CallAws<BudgetCall>;
}

/**
 * Connects to an environment's account with the credentials that the SDK finds
 * (environment, profile, role).
 *
 * @throws Error when the credentials belong to another account; ServiceError when there are none, or STS does not answer
 */
export async function connectAws({ environment, aws }: Target): Promise<Aws> {
  const client = (service: keyof typeof aws.endpoints) => {
    const endpoint = aws.endpoints[service];
    return {
      region: aws.region,
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts,
      retryMode: "standard",
      requestHandler: limits,
    };
  };
  const sts = new STSClient(client("sts"));
  const identity = await awsCall("sts:GetCallerIdentity", () => sts.send(new GetCallerIdentityCommand({})));
  checkAccount(environment, aws.account, identity);
  const ec2 = new EC2Client(client("ec2"));
  const logs = new CloudWatchLogsClient(client("logs"));
  return {
    caller: identity.Arn ?? "unknown",
    instances: instancesOf(ec2),
    images: imagesOf(ec2),
    resourceTags: resourceTagsOf(ec2),
    parameters: parametersOf(new SSMClient(client("ssm"))),
    operatorLog: operatorLogOf(logs),
    ledger: ledgerOf(logs),
    budgets: budgetsOf(aws, sts.config.credentials),
  };
}

/** @throws Error unless the caller's account is the environment's */
export function checkAccount(
  environment: string,
  expected: string,
  { Account, Arn }: Pick<GetCallerIdentityCommandOutput, "Account" | "Arn">,
): void {
  if (Account === expected) return;
  throw new Failure(
    `The AWS credentials here belong to account ${Account} (${Arn}), but ${environment} is in account ${expected}. ` +
      `Nothing was done. Use credentials of ${expected} (AWS_PROFILE, …), or correct aws.account.`,
  );
}
