import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import * as pulumi from "@pulumi/pulumi";
import { functionMemoryMb } from "../../config/function-memory.ts";
import type { Configuration } from "../../config/schema.ts";
import type { ControllerConfiguration } from "../../contract/controller.ts";
import { configurationFile, functionLogGroupName, functionName } from "../../contract/names.ts";
import type { FunctionName } from "../../contract/names.ts";
import type { ReceiverConfiguration } from "../../contract/receiver.ts";
import type { Whole } from "../../contract/written.ts";
import type { AlarmTopic } from "../alarm-topic/alarm-topic.ts";
import { createAlarm } from "../alarm-topic/create-alarm.ts";
import { functionBundle } from "../assets/assets.ts";
import { fingerprintOf } from "../../contract/fingerprint.ts";
import { document, trustPolicy } from "../iam/policy.ts";
import type { PolicyStatement } from "../iam/policy.ts";
import { environmentTags } from "../../contract/resource-tags.ts";
import { functionStatements } from "./function-policy.ts";

/** Days that what a function printed is kept: long enough to look into last month's bill. */
const logDays = 60;

/**
 * Failed calls within five minutes that people are told of. A call that fails once is made good by the next one.
 * Lambda counts what the code throws, a call that takes too long, and a process that ends or cannot begin.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
const toldErrors = 3;

interface Surroundings {
  environment: string;
  configuration: Configuration;
}

/** What each function is told when it is deployed; it reads the same type. */
interface FunctionConfigurations {
  controller: Whole<ControllerConfiguration>;
  receiver: Whole<ReceiverConfiguration>;
}

export interface CloudFunctionArgs<Name extends FunctionName> extends Surroundings {
  name: Name;
  description: string;
  /** What it may do, writing its log aside. */
  statements: readonly PolicyStatement[];
  /** What it is told: a file beside its code, no secret. */
  plain: FunctionConfigurations[Name];
  /** Its environment, for what is known only after creation. */
  variables?: Record<string, pulumi.Input<string>>;
  timeoutSeconds: number;
  /** Who is told when its calls fail. Absent: nobody. */
  topic?: AlarmTopic;
  /** What it writes: there before it may, and until it may no more. */
  writes?: readonly pulumi.Resource[];
}

/**
 * A function of the environment with its role and its log group: one bundle
 * (`npm run build`) and its configuration, as plain files.
 */
export function createCloudFunction<Name extends FunctionName>(
  args: CloudFunctionArgs<Name>,
  parent: pulumi.Resource,
): LambdaFunction {
  const {
    environment,
    configuration,
    name,
    description,
    statements,
    plain,
    variables,
    topic,
    writes = [],
  } = args;
  const full = functionName(environment, name);
  const tags = environmentTags(environment, full, configuration.tags);
  const logGroupName = functionLogGroupName(environment, name);

  const logGroup = new LogGroup(full, { name: logGroupName, retentionInDays: logDays, tags }, { parent });
  const role = createServiceRole(
    {
      environment,
      configuration,
      name,
      service: "lambda",
      statements: functionStatements(environment, configuration.aws, name, statements),
      dependsOn: writes,
    },
    parent,
  );
  const runners = Object.values(configuration.fleets).reduce((sum, fleet) => sum + fleet.runners, 0);
  const made = new LambdaFunction(
    full,
    {
      name: full,
      description,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: `${name}.handler`,
      code: new pulumi.asset.AssetArchive({
        [`${name}.mjs`]: new pulumi.asset.FileAsset(functionBundle(name)),
        [configurationFile]: new pulumi.asset.StringAsset(JSON.stringify(plain)),
      }),
      memorySize: functionMemoryMb(name, runners),
      timeout: args.timeoutSeconds,
      role: role.arn,
      ...(variables && { environment: { variables } }),
      loggingConfig: { logFormat: "Text", logGroup: logGroup.name },
      tags,
    },
    // Without its permissions its first calls would fail.
    { parent, dependsOn: [role.policy, logGroup] },
  );
  if (topic) {
    createAlarm(
      {
        environment,
        configuration,
        topic,
        kind: `${name}-errors`,
        namespace: "AWS/Lambda",
        dimensions: { FunctionName: full },
        metricName: "Errors",
        statistic: "Sum",
        threshold: toldErrors,
        // A function that nobody calls leaves no value.
        treatMissingData: "notBreaching",
        alarmDescription: `In ALARM: ${toldErrors} calls of the function ${full} or more have failed within five minutes. Its log group ${logGroupName} says why. See docs/troubleshooting.md#function-errors. OK: its calls succeed.`,
        okActions: [topic.arn],
      },
      { parent },
    );
  }
  return made;
}

export interface ServiceRoleArgs extends Surroundings {
  /** Of what takes it, for example `controller`. */
  name: string;
  service: "lambda" | "scheduler" | "budgets";
  /** When the service may take it. Absent: always. */
  trust?: PolicyStatement["Condition"];
  statements: readonly PolicyStatement[];
  /**
   * What must be there before it may do anything, and until it may do nothing
   * any more: a call that outlives its function finds its permissions gone.
   */
  dependsOn?: readonly pulumi.Resource[];
}

/**
 * What a service's role is called. The name carries a hash of the region and
 * the path, as that of a fleet does: IAM cannot change the path, and shares
 * names between regions. It does not begin as a fleet's does, so that no
 * fleet's can be the same, and fits IAM's 64 characters with the longest
 * environment.
 */
export function serviceRoleName({
  environment,
  configuration: { aws },
  name,
}: Pick<ServiceRoleArgs, "environment" | "configuration" | "name">): string {
  return `${environment}-${name}-${fingerprintOf({ region: aws.region, path: aws.rolePath })}`;
}

/** A role for a service of AWS. */
export function createServiceRole(
  { environment, configuration, name, service, trust, statements, dependsOn = [] }: ServiceRoleArgs,
  parent: pulumi.Resource,
): { arn: pulumi.Output<string>; policy: pulumi.Resource } {
  const { aws } = configuration;
  const full = serviceRoleName({ environment, configuration, name });
  const role = new Role(
    full,
    {
      name: full,
      description: `The ${name} of the Longhaul environment ${environment}`,
      path: aws.rolePath,
      assumeRolePolicy: trustPolicy(aws, service, trust),
      // AWS's budget may have attached a policy that the stack does not know of.
      forceDetachPolicies: true,
      ...(aws.permissionsBoundary !== undefined && { permissionsBoundary: aws.permissionsBoundary }),
      tags: environmentTags(environment, full, configuration.tags),
    },
    { parent },
  );
  const policy = new RolePolicy(
    full,
    { name: "own", role: role.name, policy: JSON.stringify(document([...statements])) },
    { parent, dependsOn: [...dependsOn] },
  );
  return { arn: role.arn, policy };
}
