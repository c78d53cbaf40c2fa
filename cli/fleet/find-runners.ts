import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Environment } from "../environment.ts";
import { declaredRunners } from "../../config/declared-runners.ts";

/** The runners of an environment, and its machines. */
export interface EnvironmentRunners {
  /** Runners of the configuration and of machines' tags. */
  runners: { fleet: string; runner: string }[];
  /** Machines that are not terminated, without their entries at GitHub. */
  machines: ObservedMachine[];
}

/**
 * Finds an environment's runners. Machines are found by tag, so runners of a fleet
 * that the configuration no longer names are among them.
 *
 * @throws ServiceError if EC2 does not answer
 */
export async function findRunners(
  { instances }: Pick<Aws, "instances">,
  { name, configuration }: Pick<Environment, "name" | "configuration">,
): Promise<EnvironmentRunners> {
  const observed = await observeMachines({ ec2: instances }, { environment: name });
  const machines = observed.filter(({ instanceState }) => instanceState !== "terminated");
  return { runners: [...declaredRunners(name, configuration), ...machines], machines };
}
