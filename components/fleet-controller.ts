import { Schedule } from "@pulumi/aws/scheduler/schedule.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/schema.ts";
import { meterParameter } from "../contract/meter.ts";
import { functionName } from "../contract/names.ts";
import { createCloudFunction, createServiceRole } from "./cloud-function.ts";
import { controllerConfiguration } from "./controller-configuration.ts";
import { controllerStatements } from "./controller-policy.ts";
import { arn } from "./policy.ts";
import { environmentTags } from "./resource-tags.ts";
import type { RunnerFleet } from "./runner-fleet.ts";

/** Seconds for one call: a page of machines, some parameters, and retries. The next call comes in a minute anyway. */
const timeoutSeconds = 50;

/** Seconds within which the scheduler may still bring a call that it could not: the next one says the same. */
const maximumEventAgeInSeconds = 60;

export interface FleetControllerArgs {
  environment: string;
  configuration: Configuration;
  /** Its parameters must be there before the controller writes them. */
  fleets: readonly RunnerFleet[];
}

/**
 * The function that looks after the environment: power by budget and working
 * hours, who is woken, the meter. It is called at the beginning of each minute,
 * so a fleet's hours begin and end on time.
 */
export class FleetController extends pulumi.ComponentResource {
  constructor(name: string, args: FleetControllerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:FleetController", name, {}, opts);
    const { environment, configuration, fleets } = args;
    const full = functionName(environment, "controller");

    const meter = createMeter(this);
    const controller = createCloudFunction(
      {
        environment,
        configuration,
        name: "controller",
        description: `Looks after the Longhaul environment ${environment}`,
        statements: controllerStatements(environment, Object.keys(configuration.fleets), configuration.aws),
        plain: controllerConfiguration(environment, configuration),
        timeoutSeconds,
      },
      this,
    );
    createClock(this);
    this.registerOutputs({});

    /** Written by the controller alone, and begun anew by it where it says nothing. */
    function createMeter(parent: pulumi.Resource) {
      return new Parameter(
        `${environment}-meter`,
        {
          name: meterParameter(environment),
          type: "String",
          insecureValue: "{}",
          tags: environmentTags(environment, `${environment}-meter`),
        },
        { parent, ignoreChanges: ["*"] },
      );
    }

    function createClock(parent: pulumi.Resource) {
      const role = createServiceRole(
        {
          name: "clock",
          environment,
          configuration,
          service: "scheduler",
          statements: [
            {
              Sid: "CallTheController",
              Effect: "Allow",
              Action: ["lambda:InvokeFunction"],
              Resource: [arn(configuration.aws, "lambda", `function:${full}`)],
            },
          ],
        },
        parent,
      );
      new Schedule(
        full,
        {
          name: full,
          description: "Calls the controller at the beginning of each minute",
          scheduleExpression: "cron(* * * * ? *)",
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: controller.arn,
            roleArn: role.arn,
            retryPolicy: { maximumEventAgeInSeconds, maximumRetryAttempts: 0 },
          },
        },
        // It writes what the fleets begin, and starts no machine before there is one to start.
        { parent, dependsOn: [role.policy, meter, ...fleets] },
      );
    }
  }
}
