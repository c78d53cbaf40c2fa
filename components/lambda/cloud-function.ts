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

/** Days that a function's log is kept: long enough to check last month's bill. */
const logDays = 60;

/**
 * Failed calls within five minutes of which people are notified. A single failed call is made good by the next one.
 * Lambda counts errors that the code throws, calls that take too long, and processes that end or cannot begin.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
const toldErrors = 3;

interface Surroundings {
  environment: string;
  configuration: Configuration;
}

/** The configuration of each function, written when it is deployed; the function reads the same type. */
interface FunctionConfigurations {
  controller: Whole<ControllerConfiguration>;
  receiver: Whole<ReceiverConfiguration>;
}

export interface CloudFunctionArgs<Name extends FunctionName> extends Surroundings {
  name: Name;
  description: string;
  /** Its permissions, besides writing its log. */
  statements: readonly PolicyStatement[];
  /** Its configuration: a file beside its code, without secrets. */
  plain: FunctionConfigurations[Name];
  /** Its environment variables, for values that are known only after creation. */
  variables?: Record<string, pulumi.Input<string>>;
  timeoutSeconds: number;
  /** Is notified when its calls fail. Absent: no notification. */
  topic?: AlarmTopic;
  /** What it writes to: it exists before the function has its permissions, and is deleted after they are gone. */
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
        // A function that is not called publishes no value.
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
  /** Of the role's user, for example `controller`. */
  name: string;
  service: "lambda" | "scheduler" | "budgets";
  /** Condition on which the service may assume it. Absent: none. */
  trust?: PolicyStatement["Condition"];
  statements: readonly PolicyStatement[];
  /**
   * What must exist before the role has any permission and until it has none: a
   * call that outlives its function finds its permissions gone.
   */
  dependsOn?: readonly pulumi.Resource[];
}

/**
 * Name of a service's role. It contains a hash of the region and the path, as
 * that of a fleet's role does: IAM cannot change the path, and shares names
 * between regions. It begins differently from a fleet's, so the two can never be
 * equal, and fits IAM's 64 characters with the longest environment.
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
