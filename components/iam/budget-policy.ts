import { partitionOf } from "../../config/derive.ts";
import type { AwsConfiguration } from "../../config/schema.ts";
import { budgetName } from "../../contract/names.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { arn, document } from "./policy.ts";
import type { PolicyScope, PolicyDocument, PolicyStatement } from "./policy.ts";

/** ARN of an environment's budget. A budget belongs to an account, and to no region. */
export function budgetArn(environment: string, aws: PolicyScope): string {
  return `arn:${partitionOf(aws)}:budgets::${aws.account}:budget/${budgetName(environment, aws.region)}`;
}

/** Name of the policy that AWS's budget attaches. */
export function denialName(environment: string, { region }: Pick<PolicyScope, "region">): string {
  return `${budgetName(environment, region)}-denial`;
}

export function denialArn(environment: string, aws: AwsConfiguration): string {
  return `arn:${partitionOf(aws)}:iam::${aws.account}:policy${aws.rolePath}${denialName(environment, aws)}`;
}

/**
 * Only a budget of this account may assume the role that attaches the denial. It
 * is not documented which ARN AWS Budgets sends, and its documentation asks for
 * this pattern, so no narrower condition is known to match:
 * https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-action-role.html
 */
export function budgetTrust(aws: PolicyScope): PolicyStatement["Condition"] {
  return {
    StringEquals: { "aws:SourceAccount": aws.account },
    ArnLike: { "aws:SourceArn": `arn:${partitionOf(aws)}:budgets::${aws.account}:budget/*` },
  };
}

/**
 * What roles are denied once the budget is spent by AWS's figures: to start or
 * launch machines of this environment. All their other permissions stay, and all
 * running machines keep running.
 */
export function denial(environment: string, aws: PolicyScope): PolicyDocument {
  const ours = (key: "ResourceTag" | "RequestTag") => ({
    StringEquals: {
      [`aws:${key}/${tags.project}`]: projectTag,
      [`aws:${key}/${tags.environment}`]: environment,
    },
  });
  const Resource = [arn(aws, "ec2", "instance/*")];
  return document([
    {
      Sid: "StartNoMachine",
      Effect: "Deny",
      Action: ["ec2:StartInstances"],
      Resource,
      Condition: ours("ResourceTag"),
    },
    {
      Sid: "MakeNoMachine",
      Effect: "Deny",
      Action: ["ec2:RunInstances"],
      Resource,
      Condition: ours("RequestTag"),
    },
  ]);
}

/** Permissions of AWS's budget: attach the denial to a role, this policy only, and detach it again. */
export function executionStatements(policyArn: string, aws: PolicyScope): PolicyStatement[] {
  return [
    {
      Sid: "DenyAndLift",
      Effect: "Allow",
      Action: ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
      // A role's name does not contain its path, and a list of a hundred roles would be too long for a policy.
      Resource: [`arn:${partitionOf(aws)}:iam::${aws.account}:role/*`],
      Condition: { ArnEquals: { "iam:PolicyARN": policyArn } },
    },
  ];
}
