import * as pulumi from "@pulumi/pulumi";
import type { SmokeRun } from "../contract/requests.ts";
import { labelsVariableName, machineName } from "../contract/names.ts";
import type { AlarmTopic } from "./alarm-topic/alarm-topic.ts";
import type { RunnerFleet } from "./runner-fleet/runner-fleet.ts";
import { runsOnExpression, runsOnLabels } from "../config/runs-on-labels.ts";
import type { SmokeProof } from "./smoke-test/smoke-test.ts";

/** The outputs of an environment's stack. None of them is secret. */
export interface StackOutputs {
  machines: {
    fleet: string;
    /** The runner's name, for example `dev-cloud-1`. */
    runner: string;
    instanceId: pulumi.Output<string>;
    /** The machine's name at GitHub. */
    name: pulumi.Output<string>;
  }[];
  /** The smoke runs of the machines, each dispatched when its machine was new. */
  smoke: pulumi.Output<SmokeRun[]>;
  fleets: Record<
    string,
    {
      /** What a workflow may write in `runs-on`. */
      labels: string[];
      /** The Actions variable with these labels as JSON. */
      variable: string;
      /** How a workflow uses the variable. */
      runsOn: string;
    }
  >;
  /** Commands that follow the smoke test's runs to their end; empty where the test is off. */
  follow: pulumi.Output<string[]>;
  /** ARN of the topic of all alarms, for chat, pagers and other subscribers. */
  alarmTopic: pulumi.Output<string>;
}

export function stackOutputs(
  environment: string,
  fleets: readonly RunnerFleet[],
  proofs: readonly SmokeProof[],
  topic: AlarmTopic,
): StackOutputs {
  const runs = pulumi.all(proofs.map(({ run }) => run)).apply((all) => all.filter((run) => run !== null));
  return {
    machines: fleets.flatMap(({ fleet, machines }) =>
      machines.map(({ runner, instanceId }) => ({
        fleet,
        runner,
        instanceId,
        name: instanceId.apply((id) => machineName(runner, id)),
      })),
    ),
    smoke: runs,
    fleets: Object.fromEntries(
      fleets.map(({ fleet, labels }) => {
        const variable = labelsVariableName(environment, fleet);
        return [fleet, { labels: runsOnLabels(labels), variable, runsOn: runsOnExpression(variable) }];
      }),
    ),
    follow: runs.apply((all) => all.map(({ runUrl }) => `npx longhaul smoke follow ${runUrl}`)),
    alarmTopic: topic.arn,
  };
}
