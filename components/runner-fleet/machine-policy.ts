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
 * Permissions of the agent and the boot script of a fleet's machines: exactly the
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
        // ForAllValues alone also holds for a request without any key.
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
      // The parameter's tag names its machine. Without the tag the variable has no value, and nothing matches.
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
      // No policy variable holds the bare id of the calling instance, so the fleet's streams are the narrowest possible
      // resource. Nothing is decided by the ledger. No condition prevents that a line of it embeds a metric of any
      // namespace: docs/cost.md#what-a-job-can-forge.
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

/** The use of the customer's key for tokens, only through Systems Manager and for this fleet's tokens. */
function tokenKeyStatement(aws: PolicyScope, key: string, tokens: string): PolicyStatement {
  return {
    Sid: "UseTheTokensKey",
    Effect: "Allow",
    // If the account's default tier is advanced, PutParameter takes a data key instead of encrypting.
    Action: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    Resource: [key],
    Condition: {
      StringEquals: { "kms:ViaService": viaService(aws, "ssm") },
      StringLike: { "kms:EncryptionContext:PARAMETER_ARN": tokens },
    },
  };
}

/** The condition that an instance acts only on itself. */
function onItself(aws: PolicyScope) {
  return { ArnLike: { "ec2:SourceInstanceARN": arn(aws, "ec2", "instance/${ec2:InstanceId}") } };
}
