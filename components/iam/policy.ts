import { partitionOf } from "../../config/derive.ts";
import { partitions } from "../../config/partitions.ts";
import type { AwsConfiguration } from "../../config/schema.ts";

/** One statement of an IAM policy, with the elements that Longhaul uses. */
export interface PolicyStatement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** The account, region and partition of a policy. */
export type PolicyScope = Pick<AwsConfiguration, "account" | "region" | "partition" | "kmsKeyArn">;

/** Permits a service of AWS to assume a role, for what it runs. */
export function trustPolicy(
  aws: PolicyScope,
  service: "ec2" | "lambda" | "scheduler" | "budgets",
  condition?: PolicyStatement["Condition"],
): string {
  // Only EC2's name differs between partitions.
  const principal =
    service === "ec2" ? partitions[partitionOf(aws)].ec2Principal : `${service}.amazonaws.com`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: principal },
        ...(condition && { Condition: condition }),
      },
    ],
  });
}

export function document(statements: PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

export function arn(aws: PolicyScope, service: string, resource: string): string {
  return `arn:${partitionOf(aws)}:${service}:${aws.region}:${aws.account}:${resource}`;
}

/** A parameter's name begins with the slash that its ARN has after `parameter`. */
export function parameterArn(aws: PolicyScope, name: string): string {
  return arn(aws, "ssm", `parameter${name}`);
}

/** The permission to read one `SecureString`, and to decrypt it if it is encrypted with a customer's key. */
export function readSecretStatements(
  aws: PolicyScope,
  parameter: string,
  sids: { read: string; decrypt: string },
): PolicyStatement[] {
  const secret = parameterArn(aws, parameter);
  const read: PolicyStatement = {
    Sid: sids.read,
    Effect: "Allow",
    Action: ["ssm:GetParameter"],
    Resource: [secret],
  };
  if (aws.kmsKeyArn === undefined) return [read];
  return [
    read,
    {
      Sid: sids.decrypt,
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: [aws.kmsKeyArn],
      Condition: {
        StringEquals: {
          "kms:ViaService": viaService(aws, "ssm"),
          "kms:EncryptionContext:PARAMETER_ARN": secret,
        },
      },
    },
  ];
}

/**
 * A service as `kms:ViaService` names it: by the domain of the partition. For the
 * Sovereign Cloud that domain is not documented, so AWS's usual one, which
 * belongs to no other partition, is listed as well.
 */
export function viaService(aws: PolicyScope, service: "ec2" | "ssm"): string | string[] {
  const partition = partitionOf(aws);
  const names = [partitions[partition].domain, ...(partition === "aws-eusc" ? ["amazonaws.com"] : [])].map(
    (domain) => `${service}.${aws.region}.${domain}`,
  );
  return names.length === 1 ? names[0]! : names;
}
