import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { tagsOfFleet } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { formatMachineList } from "../../contract/parameters.ts";
import type { AwaitRequest } from "../../contract/requests.ts";
import { written } from "../../contract/written.ts";
import { commandLine, requestEnvironment } from "../commands/commands.ts";
import { createFleetParameter } from "../ssm/fleet-parameter.ts";
import { createGuard } from "../commands/guard.ts";
import type { RunnerFleet } from "../runner-fleet/runner-fleet.ts";
import { settleRequestOf } from "../../config/settle-request.ts";
import { targetOf } from "../../config/target.ts";

export interface RunnerRosterArgs {
  environment: string;
  configuration: Configuration;
  fleet: RunnerFleet;
  /** What must have succeeded before the fleet's machines are in service. */
  proof: readonly pulumi.Resource[];
}

/**
 * Takes a fleet's machines into service once they are proven: waits until they
 * are online, gives them the fleet's labels, writes the roster, settles. If a
 * machine does not come up, the roster and the machines in service stay as they
 * were.
 */
export class RunnerRoster extends pulumi.ComponentResource {
  constructor(name: string, args: RunnerRosterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:RunnerRoster", name, {}, opts);
    const { environment, configuration, fleet, proof } = args;
    const ownTags = tagsOfFleet(configuration, fleet.fleet);
    const target = targetOf(environment, configuration);
    const instanceIds = pulumi.all(fleet.machines.map(({ instanceId }) => instanceId));
    const list = instanceIds.apply(formatMachineList);

    const online = awaitMachines(this);
    const roster = writeRoster(online, this);
    const settled = settle(this);
    guardService(settled, this);
    this.registerOutputs({});

    function awaitMachines(parent: pulumi.Resource) {
      const request = instanceIds.apply((ids) =>
        written<AwaitRequest>({
          target,
          fleet: fleet.fleet,
          machines: fleet.machines.map(({ runner }, index) => ({ runner, instanceId: ids[index]! })),
          labels: fleet.serviceLabels,
          onlineWithinMinutes: configuration.smokeTest.onlineWithinMinutes,
          ownTags,
          kmsKeyArn: configuration.aws.kmsKeyArn,
        }),
      );
      const script = commandLine("await");
      return new Command(
        `${name}-await`,
        { create: script, update: script, environment: requestEnvironment(request) },
        { parent, dependsOn: [fleet.candidates, ...fleet.machines.map(({ token }) => token), ...proof] },
      );
    }

    function writeRoster(proven: pulumi.Resource, parent: pulumi.Resource) {
      return createFleetParameter(
        { environment, fleet: fleet.fleet, kind: "roster", value: list, ownTags },
        { parent, dependsOn: [proven] },
      );
    }

    function settle(parent: pulumi.Resource) {
      const request = settleRequestOf(environment, configuration, fleet.fleet);
      const script = commandLine("settle");
      return new Command(
        `${name}-settle`,
        {
          create: script,
          update: script,
          environment: {
            ...requestEnvironment(request),
            // Settle reads the roster itself. This input makes it run again for another roster.
            LONGHAUL_ROSTER: list,
          },
        },
        { parent, dependsOn: [roster] },
      );
    }

    /**
     * The fleet's guard is created before its machines, so that even a failed
     * first `up` can be destroyed in order; the engine deletes it when the
     * machines have been dropped from the state. This guard is created last, so
     * it runs first when the fleet is removed, while lists, tokens and machines
     * still exist: a destroy that is given up has lost nothing.
     */
    function guardService(last: pulumi.Resource, parent: pulumi.Resource) {
      createGuard(
        `${name}-service`,
        {
          environment,
          configuration,
          guards: { what: "fleet", fleet: fleet.fleet },
          dependsOn: [last],
        },
        parent,
      );
    }
  }
}
