import * as z from "zod";
import { defaults } from "../defaults.ts";
import { partitions } from "../partitions.ts";
import type { Partition } from "../partitions.ts";
import { tlsUrl } from "../urls.ts";
import { text } from "./text.ts";

const endpoints = z
  .strictObject({
    ec2: tlsUrl.optional().describe("EC2."),
    ssm: tlsUrl.optional().describe("Systems Manager."),
    monitoring: tlsUrl.optional().describe("CloudWatch."),
    logs: tlsUrl.optional().describe("CloudWatch Logs."),
    dynamodb: tlsUrl.optional().describe("DynamoDB."),
    sqs: tlsUrl.optional().describe("Simple Queue Service."),
    sts: tlsUrl.optional().describe("Security Token Service."),
    iam: tlsUrl.optional().describe("IAM."),
    budgets: tlsUrl.optional().describe("AWS Budgets."),
  })
  .describe("Endpoint URLs, where the region's public endpoints must not be used (VPC endpoints, FIPS).");

export const awsSchema = z
  .strictObject({
    account: text(/^\d{12}$/, "the 12 digits of an account, in quotes", '"123456789012"').describe(
      "The account's number. Every command refuses to work with another account.",
    ),
    region: text(/^[a-z]{2,4}(-[a-z]+)+-\d$/, "a region", "eu-central-1").describe("The region."),
    partition: z
      .enum(Object.keys(partitions) as [Partition, ...Partition[]])
      .optional()
      .describe("The partition. Default: the region's."),
    endpoints: endpoints.default({}),
    rolePath: text(/^\/([\w+=,.@-]+\/)*$/, "a path that begins and ends with a slash", "/runners/")
      .max(512)
      .default(defaults.rolePath)
      .describe("IAM path of the roles and instance profiles."),
    permissionsBoundary: text(
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      "the ARN of an IAM policy",
      "arn:aws:iam::123456789012:policy/runner-boundary",
    )
      .optional()
      .describe("ARN of the policy that is the permissions boundary of every role."),
    kmsKeyArn: text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      "the ARN of a KMS key (not of an alias)",
      "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    )
      .optional()
      .describe(
        "KMS key for disks, registration tokens, the webhook's secret and the App's key. Default: the account's AWS managed keys.",
      ),
  })
  .describe("The AWS side.");
