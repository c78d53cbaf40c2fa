import { machineMetricNamespace } from "../../contract/metrics.ts";
import { logGroupName } from "../../contract/names.ts";
import { fleetParameters, softwarePath, tokenParameter } from "../../contract/parameters.ts";
import { tags, tagsOfTheMachine } from "../../contract/tags.ts";
import { arn, document, parameterArn, viaService } from "../iam/policy.ts";
import type { PolicyScope, PolicyDocument, PolicyStatement } from "../iam/policy.ts";

/** The inline policies of a fleet's role, by their names. */
export function machinePolicies(
  environment: string,
  fleet: string,
  aws: PolicyScope,
): Record<"machine" | "session", PolicyDocument> {
  return { machine: machinePolicy(environment, fleet, aws), session: sessionPolicy() };
}

/**
 * What the agent and the boot script of a fleet's machines may do: exactly the
 * calls of contract/agent-calls.ts, each on as little as IAM can express.
 */
export function machinePolicy(environment: string, fleet: string, aws: PolicyScope): PolicyDocument {
  const names = fleetParameters(environment, fleet);
  const software = softwarePath(environment, fleet, "*/*");
  const instances = arn(aws, "ec2", "instance/*");
  const tokens = parameterArn(aws, tokenParameter(environment, fleet, "*"));
  const logGroup = arn(aws, "logs", `log-group:${logGroupName(environment, fleet)}`);
  return document([
    {
      Sid: "TagItself",
      Effect: "Allow",
      Action: ["ec2:CreateTags"],
      Resource: [instances],
      Condition: {
        ...onItself(aws),
        "ForAllValues:StringEquals": { "aws:TagKeys": [...tagsOfTheMachine] },
        // Without any key in the request, ForAllValues alone would hold.
        Null: { "aws:TagKeys": "false" },
      },
    },
    {
      Sid: "RetireItself",
      Effect: "Allow",
      Action: ["ec2:ModifyInstanceAttribute"],
      Resource: [instances],
      Condition: {
        ...onItself(aws),
        StringEqualsIgnoreCase: { "ec2:Attribute": "InstanceInitiatedShutdownBehavior" },
      },
    },
    {
      Sid: "ReadTheFleetsParameters",
      Effect: "Allow",
      Action: ["ssm:GetParameters"],
      Resource: [...Object.values(names), software].map((name) => parameterArn(aws, name)),
    },
    {
      Sid: "UseItsOwnToken",
      Effect: "Allow",
      Action: ["ssm:GetParameter", "ssm:PutParameter"],
      Resource: [tokens],
      // The parameter says whose it is. Without the tag the variable has no value, and nothing matches.
      Condition: {
        ArnEquals: {
          "ec2:SourceInstanceARN": arn(aws, "ec2", `instance/\${aws:ResourceTag/${tags.instance}}`),
        },
      },
    },
    {
      Sid: "PublishMetrics",
      Effect: "Allow",
      Action: ["cloudwatch:PutMetricData"],
      Resource: ["*"], // CloudWatch knows no narrower resource for metrics.
      Condition: { StringEquals: { "cloudwatch:namespace": machineMetricNamespace } },
    },
    {
      Sid: "WriteTheLedger",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      // No policy variable holds the caller's bare instance id, so the fleet's
      // streams are as narrow as it gets. Nothing is decided by the ledger. That a
      // line of it can embed a metric of any namespace, no condition prevents:
      // docs/cost.md#what-a-job-can-forge.
      Resource: [`${logGroup}:log-stream:${environment}-${fleet}-*`],
    },
    ...(aws.kmsKeyArn === undefined ? [] : [tokenKeyStatement(aws, aws.kmsKeyArn, tokens)]),
  ]);
}

/**
 * What the SSM agent calls for a session on the machine, listed singly: the
 * managed policy for it would also let a machine read every parameter of the
 * account. These calls know no narrower resource.
 */
export function sessionPolicy(): PolicyDocument {
  return document([
    {
      Sid: "SessionManager",
      Effect: "Allow",
      Action: [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      Resource: ["*"],
    },
  ]);
}

/** The key of the account's own for tokens, through Systems Manager and for this fleet's tokens alone. */
function tokenKeyStatement(aws: PolicyScope, key: string, tokens: string): PolicyStatement {
  return {
    Sid: "UseTheTokensKey",
    Effect: "Allow",
    // Where the account's default tier is advanced, PutParameter takes a data key instead of encrypting.
    Action: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    Resource: [key],
    Condition: {
      StringEquals: { "kms:ViaService": viaService(aws, "ssm") },
      StringLike: { "kms:EncryptionContext:PARAMETER_ARN": tokens },
    },
  };
}

/** The condition that the instance acted upon is the one that asks. */
function onItself(aws: PolicyScope) {
  return { ArnLike: { "ec2:SourceInstanceARN": arn(aws, "ec2", "instance/${ec2:InstanceId}") } };
}
