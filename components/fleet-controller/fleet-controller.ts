import { EventSourceMapping } from "@pulumi/aws/lambda/eventSourceMapping.js";
import { FunctionEventInvokeConfig } from "@pulumi/aws/lambda/functionEventInvokeConfig.js";
import { Schedule } from "@pulumi/aws/scheduler/schedule.js";
import { ScheduleGroup } from "@pulumi/aws/scheduler/scheduleGroup.js";
import { Queue } from "@pulumi/aws/sqs/queue.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../../config/schema.ts";
import { emptyMeter, meterParameter } from "../../contract/meter.ts";
import { functionName } from "../../contract/names.ts";
import type { AlarmTopic } from "../alarm-topic/alarm-topic.ts";
import { createCloudFunction, createServiceRole } from "../lambda/cloud-function.ts";
import { controllerConfiguration } from "./controller-configuration.ts";
import { clockStatements, controllerQueueArn, environmentControllerStatements } from "./controller-policy.ts";
import { begunValue } from "../ssm/fleet-parameter.ts";
import { environmentTags } from "../../contract/resource-tags.ts";
import type { RunnerFleet } from "../runner-fleet/runner-fleet.ts";
import type { ControllerQueue } from "../wake-on-demand/wake-on-demand.ts";

/**
 * Seconds for one call: for a page of machines, some parameters and retries, and
 * at most twenty for asking GitHub. The next call comes in a minute anyway.
 */
const timeoutSeconds = 50;

/**
 * Seconds within which a call may still be delivered that the scheduler could not deliver, or Lambda not begin: the next
 * one is equivalent. Lambda's default is six hours, and two more tries of each failed call.
 */
const maximumEventAgeInSeconds = 60;

/** Seconds in which one call works on a message before another may: six times the call's limit, as Lambda advises. */
const visibilitySeconds = 6 * timeoutSeconds;

/** Tries of a hint, which only means that now is a good time to look: after three failed calls it is out of date. */
const maxReceives = 3;

export interface FleetControllerArgs {
  environment: string;
  configuration: Configuration;
  /** Its parameters must be there before the controller writes them. */
  fleets: readonly RunnerFleet[];
  /** ARNs of the customers' keys that encrypt the machines' disks, needed to start them. Absent: the configured one. */
  diskKeys?: readonly string[];
  /** Is notified when calls of the function fail repeatedly. Absent: no notification. */
  topic?: AlarmTopic;
}

/**
 * The function that looks after the environment: power by budget and working
 * hours, starts of machines, the meter. It is called at the beginning of each
 * minute, so a fleet's hours begin and end on time. Where jobs wake machines, its
 * queue calls it at once.
 */
export class FleetController extends pulumi.ComponentResource {
  /** The queue for hints that a job waits; undefined where jobs wake no machines. */
  readonly queue: ControllerQueue | undefined;

  constructor(name: string, args: FleetControllerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:FleetController", name, {}, opts);
    const { environment, configuration, fleets, topic } = args;
    const { aws, wakeOnDemand } = configuration;
    const { diskKeys = aws.kmsKeyArn === undefined ? [] : [aws.kmsKeyArn] } = args;
    const full = functionName(environment, "controller");

    const settings = fleets.flatMap((fleet) => fleet.settings);
    const meter = createMeter(this);
    const queue = wakeOnDemand.enabled ? createQueue(this) : undefined;
    const controller = createCloudFunction(
      {
        environment,
        configuration,
        name: "controller",
        description: `Looks after the Longhaul environment ${environment}`,
        statements: environmentControllerStatements(environment, configuration, diskKeys),
        plain: controllerConfiguration(environment, configuration),
        timeoutSeconds,
        ...(topic && { topic }),
        writes: [meter, ...settings],
      },
      this,
    );
    createClock(this);
    if (queue) callAtOnce(queue, this);

    this.queue = queue && { arn: controllerQueueArn(environment, aws), url: queue.url };
    this.registerOutputs({});

    /** Only the controller writes it. It begins a new record if there is none. */
    function createMeter(parent: pulumi.Resource) {
      return new Parameter(
        `${environment}-meter`,
        {
          name: meterParameter(environment),
          type: "String",
          insecureValue: emptyMeter,
          // A call that was under way when the environment was destroyed may have created it again.
          overwrite: true,
          tags: environmentTags(environment, `${environment}-meter`, configuration.tags),
        },
        // After a resource that can exist only once: another environment of this name would keep its meter.
        { parent, ignoreChanges: begunValue, dependsOn: settings },
      );
    }

    /** Hints that cannot be processed are kept for two weeks for inspection. */
    function createQueue(parent: pulumi.Resource) {
      const dead = new Queue(
        `${full}-dead`,
        {
          name: `${full}-dead`,
          messageRetentionSeconds: 14 * 86_400,
          sqsManagedSseEnabled: true,
          tags: environmentTags(environment, `${full}-dead`, configuration.tags),
        },
        { parent },
      );
      return new Queue(
        full,
        {
          name: full,
          visibilityTimeoutSeconds: visibilitySeconds,
          messageRetentionSeconds: 3600,
          redrivePolicy: dead.arn.apply((deadLetterTargetArn) =>
            JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxReceives }),
          ),
          sqsManagedSseEnabled: true,
          tags: environmentTags(environment, full, configuration.tags),
        },
        { parent },
      );
    }

    /** A burst of jobs is one call: each call looks at all of them. */
    function callAtOnce({ arn: eventSourceArn }: Queue, parent: pulumi.Resource) {
      new EventSourceMapping(
        full,
        {
          eventSourceArn,
          functionName: controller.name,
          batchSize: 1000,
          maximumBatchingWindowInSeconds: 1,
          scalingConfig: { maximumConcurrency: 2 },
          tags: environmentTags(environment, full, configuration.tags),
        },
        { parent, dependsOn: [meter, ...fleets] },
      );
    }

    function createClock(parent: pulumi.Resource) {
      const role = createServiceRole(
        {
          name: "clock",
          environment,
          configuration,
          service: "scheduler",
          statements: clockStatements(environment, aws),
        },
        parent,
      );
      const onlyOnce = new FunctionEventInvokeConfig(
        full,
        { functionName: controller.name, maximumEventAgeInSeconds, maximumRetryAttempts: 0 },
        { parent },
      );
      // A schedule itself cannot have tags.
      const group = new ScheduleGroup(
        full,
        { name: full, tags: environmentTags(environment, full, configuration.tags) },
        { parent },
      );
      new Schedule(
        full,
        {
          name: full,
          groupName: group.name,
          description: "Calls the controller at the beginning of each minute",
          scheduleExpression: "cron(* * * * ? *)",
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: controller.arn,
            roleArn: role.arn,
            retryPolicy: { maximumEventAgeInSeconds, maximumRetryAttempts: 0 },
          },
        },
        // It writes parameters that the fleets create, and has no machine to start before them.
        { parent, dependsOn: [role.policy, onlyOnce, meter, ...fleets] },
      );
    }
  }
}
