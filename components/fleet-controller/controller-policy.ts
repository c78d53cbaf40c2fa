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

/** Name of its queue. */
export function controllerQueueArn(environment: string, aws: PolicyScope): string {
  return arn(aws, "sqs", functionName(environment, "controller"));
}

/** Permission of the schedule: call the controller. */
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
 * All permissions of an environment's controller, by what its configuration makes it do.
 *
 * @param diskKeys ARNs of the customers' keys that encrypt the machines' disks
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

/** Additional permissions for waking on demand: read the table of waiting jobs, and count wakes in it. */
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
      // Lambda receives the messages, with the controller's role.
      Sid: "TakeHints",
      Effect: "Allow",
      Action: ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      Resource: [queueArn],
    },
  ];
}

/** Additional permissions with a budget: withdraw the denial that AWS's budget has applied. */
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

/** Additional permission for asking GitHub: read the App's private key. */
export function sweepStatements(environment: string, aws: AwsConfiguration): PolicyStatement[] {
  return readSecretStatements(aws, appKeyParameter(environment), {
    read: "ReadTheAppsKey",
    decrypt: "DecryptTheAppsKey",
  });
}

/**
 * Permissions of the controller: exactly the calls of
 * contract/controller-calls.ts. It can start the environment's machines, and none
 * of its permissions can stop or terminate one. Its fleets' parameters are given
 * as patterns below the environment's path: a list would exceed IAM's limit at a
 * dozen fleets.
 *
 * @param diskKeys ARNs of the customers' keys that encrypt the machines' disks
 */
export function controllerStatements(
  environment: string,
  aws: AwsConfiguration,
  diskKeys: readonly string[],
): PolicyStatement[] {
  // No other parameter of a fleet has one of these endings: tokens end with an id, software with a number.
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
        // ForAllValues alone also holds for a request without any key.
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
