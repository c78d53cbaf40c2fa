import { createRequire } from "node:module";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Function } from "@pulumi/aws/lambda/function.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/schema.ts";
import { functionLogGroupName, functionName } from "../contract/names.ts";
import type { FunctionName } from "../contract/names.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { arn, document, trustPolicy } from "./policy.ts";
import type { PolicyStatement } from "./policy.ts";
import { environmentTags } from "./resource-tags.ts";

/** Days that what a function printed is kept: long enough to look into last month's bill. */
const logDays = 60;

/** Megabytes. Lambda gives the processor by it, and with less a cold start takes seconds. */
const memorySize = 256;

export interface CloudFunctionArgs {
  environment: string;
  configuration: Configuration;
  name: FunctionName;
  /** What it may do, writing its log aside. */
  statements: readonly PolicyStatement[];
  /** What it is told: a file beside its code, no secret. */
  plain: object;
  timeoutSeconds: number;
}

/**
 * A function of the environment with its role and its log group: one bundle
 * (`npm run build`) and its configuration, as plain files.
 */
export function createCloudFunction(args: CloudFunctionArgs, parent: pulumi.Resource): Function {
  const { environment, configuration, name, statements, plain, timeoutSeconds } = args;
  const { aws } = configuration;
  const full = functionName(environment, name);
  const tags = environmentTags(environment, full);
  const logGroupName = functionLogGroupName(environment, name);

  const logGroup = new LogGroup(full, { name: logGroupName, retentionInDays: logDays, tags }, { parent });
  const role = createServiceRole(
    {
      name: full,
      environment,
      configuration,
      service: "lambda",
      statements: [
        ...statements,
        {
          Sid: "WriteItsLog",
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: [arn(aws, "logs", `log-group:${logGroupName}:*`)],
        },
      ],
    },
    parent,
  );
  return new Function(
    full,
    {
      name: full,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: `${name}.handler`,
      code: new pulumi.asset.AssetArchive({
        [`${name}.mjs`]: new pulumi.asset.FileAsset(createRequire(import.meta.url).resolve(`#${name}`)),
        "configuration.json": new pulumi.asset.StringAsset(JSON.stringify(plain)),
      }),
      memorySize,
      timeout: timeoutSeconds,
      role: role.arn,
      loggingConfig: { logFormat: "Text", logGroup: logGroup.name },
      tags,
    },
    // Without its permissions its first calls would fail.
    { parent, dependsOn: role.policies },
  );
}

export interface ServiceRoleArgs {
  /** Of what takes it, for example `longhaul-dev-controller`. */
  name: string;
  environment: string;
  configuration: Configuration;
  service: "lambda" | "scheduler";
  statements: readonly PolicyStatement[];
}

/**
 * A role for a service of AWS. Its name carries a hash of the region and the
 * path, as that of a fleet does: IAM cannot change the path, and shares names
 * between regions.
 */
export function createServiceRole(
  { name, environment, configuration, service, statements }: ServiceRoleArgs,
  parent: pulumi.Resource,
): { arn: pulumi.Output<string>; policies: pulumi.Resource[] } {
  const { aws } = configuration;
  const full = `${name}-${fingerprintOf({ region: aws.region, path: aws.rolePath })}`;
  const role = new Role(
    full,
    {
      name: full,
      description: `What ${name} may do`,
      path: aws.rolePath,
      assumeRolePolicy: trustPolicy(aws, service),
      ...(aws.permissionsBoundary !== undefined && { permissionsBoundary: aws.permissionsBoundary }),
      tags: environmentTags(environment, full),
    },
    { parent },
  );
  const policy = new RolePolicy(
    full,
    { name: "own", role: role.name, policy: JSON.stringify(document([...statements])) },
    { parent },
  );
  return { arn: role.arn, policies: [policy] };
}
