import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration, SmokeTestConfiguration } from "../../config/schema.ts";
import type { SmokeDispatchRequest, SmokeRun } from "../../contract/requests.ts";
import { parseSmokeRun } from "../../contract/requests.ts";
import { written } from "../../contract/written.ts";
import { commandLine, requestEnvironment } from "../commands/commands.ts";
import type { FleetMachine, RunnerFleet } from "../runner-fleet/runner-fleet.ts";
import type { SmokeWorkflow } from "../smoke-workflow/smoke-workflow.ts";
import { targetOf } from "../../config/target.ts";

/** Minutes for machines that are not tested in full: long enough to see the beats of two minutes. */
const shortMinutes = 2;

export interface SmokeTestArgs {
  environment: string;
  configuration: Configuration;
  fleets: readonly RunnerFleet[];
  workflow: SmokeWorkflow;
}

/** The proof of one machine. */
export interface SmokeProof {
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  /** The run that was dispatched onto the machine when it was new; null for a machine that was adopted in service. */
  run: pulumi.Output<SmokeRun | null>;
  /** What must have succeeded before the machine may be in service. */
  command: pulumi.Resource;
}

/** The proof that new machines work: for each one the Command that dispatches the workflow onto it. */
export class SmokeTest extends pulumi.ComponentResource {
  readonly proofs: readonly SmokeProof[];

  constructor(name: string, args: SmokeTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:SmokeTest", name, {}, opts);
    const { environment, configuration, fleets, workflow } = args;
    const { smokeTest } = configuration;

    this.proofs = fleets.flatMap((fleet) =>
      fleet.machines.map((machine, index) => prove(fleet, machine, index + 1, this)),
    );
    this.registerOutputs({});

    /** Frozen once it has succeeded: only a new machine is tested, by its name or by the instance behind it. */
    function prove(
      fleet: RunnerFleet,
      machine: FleetMachine,
      number: number,
      parent: pulumi.Resource,
    ): SmokeProof {
      const request = machine.instanceId.apply((instanceId) =>
        written<SmokeDispatchRequest>({
          target: targetOf(environment, configuration),
          fleet: fleet.fleet,
          machine: { runner: machine.runner, instanceId },
          smoke: workflow.source,
          minutes: smokeMinutes(smokeTest, number),
          wait: smokeTest.wait,
          onlineWithinMinutes: smokeTest.onlineWithinMinutes,
        }),
      );
      const command = new Command(
        machine.resourceName,
        { create: commandLine("smoke dispatch"), environment: requestEnvironment(request) },
        {
          parent,
          dependsOn: [workflow.published, fleet.candidates, machine.token],
          ignoreChanges: ["*"],
          replacementTrigger: machine.instanceId,
        },
      );
      return {
        fleet: fleet.fleet,
        runner: machine.runner,
        run: command.stdout.apply(parseSmokeRun),
        command,
      };
    }
  }
}

/**
 * How long the smoke test holds a machine.
 *
 * @param number the runner's number in its fleet, counted from 1
 * @returns minutes
 */
export function smokeMinutes(
  { minutes, machines }: Pick<SmokeTestConfiguration, "minutes" | "machines">,
  number: number,
): number {
  return machines === "all" || number === 1 ? minutes : Math.min(minutes, shortMinutes);
}
