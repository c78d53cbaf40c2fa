import { hasAwsBudget } from "../../config/derive.ts";
import type { AwsConfiguration, Configuration } from "../../config/schema.ts";
import { meterParameter } from "../../contract/meter.ts";
import { functionName, waitingJobsTable } from "../../contract/names.ts";
import { appKeyParameter, fleetParameters } from "../../contract/parameters.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { budgetArn } from "../iam/budget-policy.ts";
import { diskKeyStatements } from "./disk-keys.ts";
import { arn, parameterArn, readSecretStatements } from "../iam/policy.ts";
import type { PolicyScope, PolicyStatement } from "../iam/policy.ts";

/** Its queue, by the name that the queue is made with. */
export function controllerQueueArn(environment: string, aws: PolicyScope): string {
  return arn(aws, "sqs", functionName(environment, "controller"));
}

/** What the schedule's role may do: call the controller. */
export function clockStatements(environment: string, aws: PolicyScope): PolicyStatement[] {
  return [
    {
      Sid: "CallTheController",
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: [arn(aws, "lambda", `function:${functionName(environment, "controller")}`)],
    },
  ];
}

/**
 * All that the controller of an environment may do, by what the configuration has it do.
 *
 * @param diskKeys ARNs of the customers' keys that the machines' disks are under
 */
export function environmentControllerStatements(
  environment: string,
  configuration: Configuration,
  diskKeys: readonly string[],
): PolicyStatement[] {
  const { aws, budget, wakeOnDemand } = configuration;
  return [
    ...controllerStatements(environment, aws, diskKeys),
    ...(hasAwsBudget(budget) ? budgetStatements(environment, aws) : []),
    ...(wakeOnDemand.app ? sweepStatements(environment, aws) : []),
    ...(wakeOnDemand.enabled ? demandStatements(environment, aws, controllerQueueArn(environment, aws)) : []),
  ];
}

/** What it may do for waking on demand besides: read the table of waiting jobs, and count wakes in it. */
export function demandStatements(
  environment: string,
  aws: AwsConfiguration,
  queueArn: string,
): PolicyStatement[] {
  return [
    {
      Sid: "ReadWaitingJobs",
      Effect: "Allow",
      Action: ["dynamodb:Scan", "dynamodb:UpdateItem"],
      Resource: [arn(aws, "dynamodb", `table/${waitingJobsTable(environment)}`)],
    },
    {
      // Lambda receives for it, with its role.
      Sid: "TakeHints",
      Effect: "Allow",
      Action: ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      Resource: [queueArn],
    },
  ];
}

/** What it may do with a budget besides: take back what AWS's budget has denied. */
export function budgetStatements(environment: string, aws: AwsConfiguration): PolicyStatement[] {
  const budget = budgetArn(environment, aws);
  return [
    {
      Sid: "LiftTheDenial",
      Effect: "Allow",
      Action: ["budgets:DescribeBudgetActionsForBudget", "budgets:ExecuteBudgetAction", "budgets:ViewBudget"],
      Resource: [budget, `${budget}/action/*`],
    },
  ];
}

/** What it may do for asking GitHub besides: read the App's private key. */
export function sweepStatements(environment: string, aws: AwsConfiguration): PolicyStatement[] {
  return readSecretStatements(aws, appKeyParameter(environment), {
    read: "ReadTheAppsKey",
    decrypt: "DecryptTheAppsKey",
  });
}

/**
 * What the controller may do: exactly the calls of
 * contract/controller-calls.ts. It can start the environment's machines, and
 * nothing that it may do stops or terminates one. Its fleets' parameters are
 * patterns below the environment's path: a list of them would outgrow IAM's
 * limit at a dozen fleets.
 *
 * @param diskKeys ARNs of the customers' keys that the machines' disks are under
 */
export function controllerStatements(
  environment: string,
  aws: AwsConfiguration,
  diskKeys: readonly string[],
): PolicyStatement[] {
  // No other parameter of a fleet ends as one of these does: tokens end with an id, software with a number.
  const ofAnyFleet = fleetParameters(environment, "*");
  const meter = meterParameter(environment);
  const ofTheEnvironment = {
    [`aws:ResourceTag/${tags.project}`]: projectTag,
    [`aws:ResourceTag/${tags.environment}`]: environment,
  };
  const parameters = (list: readonly string[]) => list.map((name) => parameterArn(aws, name));
  return [
    {
      Sid: "SeeMachinesAndDisks",
      Effect: "Allow",
      Action: ["ec2:DescribeInstances", "ec2:DescribeVolumes"],
      Resource: ["*"], // EC2 knows no narrower resource for them.
    },
    {
      Sid: "StartItsMachines",
      Effect: "Allow",
      Action: ["ec2:StartInstances"],
      Resource: [arn(aws, "ec2", "instance/*")],
      Condition: { StringEquals: ofTheEnvironment },
    },
    {
      Sid: "RememberFailedStarts",
      Effect: "Allow",
      Action: ["ec2:CreateTags"],
      Resource: [arn(aws, "ec2", "instance/*")],
      Condition: {
        StringEquals: ofTheEnvironment,
        "ForAllValues:StringEquals": { "aws:TagKeys": [tags.failedStarts] },
        // Without any key in the request, ForAllValues alone would hold.
        Null: { "aws:TagKeys": "false" },
      },
    },
    ...diskKeyStatements(aws, diskKeys),
    {
      Sid: "ReadSettings",
      Effect: "Allow",
      Action: ["ssm:GetParameters"],
      Resource: parameters([...Object.values(ofAnyFleet), meter]),
    },
    {
      Sid: "WritePowerAndMeter",
      Effect: "Allow",
      Action: ["ssm:PutParameter"],
      Resource: parameters([ofAnyFleet.power, meter]),
    },
  ];
}
