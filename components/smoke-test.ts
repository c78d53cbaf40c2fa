import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/schema.ts";
import type { SmokeDispatchRequest, SmokeRun, SmokeWorkflowRequest } from "../contract/requests.ts";
import { smokeWorkflowText } from "../contract/smoke-workflow.ts";
import { commandLine, requestEnvironment } from "./commands.ts";
import type { FleetMachine, RunnerFleet } from "./runner-fleet.ts";
import { smokeMinutes } from "./smoke-plan.ts";
import { smokeSourceOf, targetOf } from "./target.ts";

export interface SmokeTestArgs {
  environment: string;
  configuration: Configuration;
  fleets: readonly RunnerFleet[];
}

/** The proof of one machine. */
export interface SmokeProof {
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  /** The run that was dispatched onto the machine when it was new; null for one that was adopted in service. */
  run: pulumi.Output<SmokeRun | null>;
  /** What must have succeeded before the machine may be in service. */
  command: pulumi.Resource;
}

/**
 * The proof that a new machine works: the smoke test's workflow in the
 * repository, and for each machine the Command that dispatches it there.
 */
export class SmokeTest extends pulumi.ComponentResource {
  readonly proofs: readonly SmokeProof[];

  /** @throws when the smoke test is off in the configuration */
  constructor(name: string, args: SmokeTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:SmokeTest", name, {}, opts);
    const { environment, configuration, fleets } = args;
    const { smokeTest } = configuration;
    const source = smokeSourceOf(environment, configuration);
    if (!source) throw new Error(`The smoke test of ${environment} is off (smokeTest.enabled).`);
    const smoke = source;

    const workflow = createWorkflow(this);
    this.proofs = fleets.flatMap((fleet) =>
      fleet.machines.map((machine, index) => prove(fleet, machine, index + 1, this)),
    );
    this.registerOutputs({});

    /**
     * A Command and not the provider's RepositoryFile: that one either writes
     * over whatever is there or, once the state is lost, stops at its own
     * file; and it cannot tell what to do where a branch's rules refuse the
     * deletion. Its name says which file it is, so that another file is
     * another resource, and the former one is deleted by its own request.
     */
    function createWorkflow(parent: pulumi.Resource) {
      const request: SmokeWorkflowRequest = {
        target: targetOf(environment, configuration),
        smoke,
        ...(smokeTest.manageWorkflow && { text: smokeWorkflowText(environment, readSmokeWorkflow()) }),
      };
      const publish = commandLine("smoke publish");
      return new Command(
        `${name}-${smoke.owner}-${smoke.repository}-${smoke.workflow}-workflow`,
        {
          create: publish,
          update: publish,
          delete: commandLine("smoke withdraw"),
          environment: requestEnvironment(request),
        },
        // Where somebody replaces it by hand, the file must not go after the new one has come.
        { parent, deleteBeforeReplace: true },
      );
    }

    /** Frozen once it has succeeded: only a new machine is tested, by its name or by the instance behind it. */
    function prove(
      fleet: RunnerFleet,
      machine: FleetMachine,
      number: number,
      parent: pulumi.Resource,
    ): SmokeProof {
      const request: pulumi.Input<SmokeDispatchRequest> = machine.instanceId.apply((instanceId) => ({
        target: targetOf(environment, configuration),
        fleet: fleet.fleet,
        machine: { runner: machine.runner, instanceId },
        smoke,
        minutes: smokeMinutes(smokeTest, number),
        wait: smokeTest.wait,
        onlineWithinMinutes: smokeTest.onlineWithinMinutes,
      }));
      const command = new Command(
        machine.resourceName,
        { create: commandLine("smoke dispatch"), environment: requestEnvironment(request) },
        {
          parent,
          dependsOn: [workflow, fleet.candidates, machine.token],
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

/** @throws when a Command's output is not the run that it dispatched */
export function parseSmokeRun(stdout: string): SmokeRun | null {
  try {
    return JSON.parse(stdout) as SmokeRun | null;
  } catch (error) {
    throw new Error(`"longhaul smoke dispatch" printed something else than one run as JSON: ${stdout}`, {
      cause: error,
    });
  }
}

function readSmokeWorkflow(): string {
  return readFileSync(createRequire(import.meta.url).resolve("#smoke-workflow"), "utf8");
}
