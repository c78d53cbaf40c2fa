import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../../config/schema.ts";
import type { DrainRequest } from "../../contract/requests.ts";
import { written } from "../../contract/written.ts";
import { commandLine, requestEnvironment } from "./commands.ts";
import { smokeSourceOf, targetOf } from "../../config/target.ts";

/** Minutes that one attempt waits for machines to leave before it lists what still runs. */
const drainMinutes = 10;

export interface GuardArgs {
  environment: string;
  configuration: Configuration;
  /** What the machines depend on, by which `longhaul drain` finds them. */
  guards: pulumi.Input<DrainRequest["guards"]>;
  /** Every resource that must outlive the machines. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
}

/**
 * Keeps what machines depend on until they have left. A guard does nothing when
 * it is created. Because it depends on all that it guards, the engine deletes it
 * first, and then its script waits for the machines. If users' jobs still run,
 * the script fails, and with it the deletion.
 *
 * Its inputs stay as they were at its creation: the engine runs the script from
 * the state, which must name the very things that it guards. So a guard's name
 * follows from these things, and another network or role has another guard. The
 * region is part of it: the same fleet in another region is another fleet, and
 * the machines in the old region must leave.
 */
export function createGuard(name: string, args: GuardArgs, parent: pulumi.Resource): Command {
  const { environment, configuration, guards, dependsOn } = args;
  const smoke = smokeSourceOf(environment, configuration);
  const request = (what: DrainRequest["guards"]) =>
    written<DrainRequest>({
      target: targetOf(environment, configuration),
      guards: what,
      smoke,
      waitMinutes: drainMinutes,
    });
  return new Command(
    `${name}-${configuration.aws.region}-guard`,
    {
      delete: commandLine("drain"),
      environment: requestEnvironment(pulumi.output(guards).apply(request)),
    },
    { parent, dependsOn, ignoreChanges: ["*"] },
  );
}
