import { runnerName } from "../contract/names.ts";
import type { Configuration, FleetConfiguration } from "./schema.ts";

/** A runner as the configuration describes it. */
export interface DeclaredRunner {
  fleet: string;
  /** In its fleet, from 1. */
  number: number;
  /** Its name, for example `dev-cloud-1`. */
  runner: string;
  /** The generation that its machine should have, from 1. */
  generation: number;
}

/** All runners of an environment, in the order of the fleets and their numbers. */
export function declaredRunners(
  environment: string,
  { fleets }: Pick<Configuration, "fleets">,
): DeclaredRunner[] {
  return Object.entries(fleets).flatMap(([name, fleet]) => runnersOfFleet(environment, name, fleet));
}

/** The runners of one fleet. */
export function runnersOfFleet(
  environment: string,
  fleet: string,
  { runners, generations }: Pick<FleetConfiguration, "runners" | "generations">,
): DeclaredRunner[] {
  return Array.from({ length: runners }, (_, index) => ({
    fleet,
    number: index + 1,
    runner: runnerName(environment, fleet, index + 1),
    generation: generations[index + 1] ?? 1,
  }));
}
