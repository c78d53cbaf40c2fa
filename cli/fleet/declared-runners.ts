import type { Configuration } from "../../config/schema.ts";
import { runnerName } from "../../contract/names.ts";

/** Every runner that the configuration names, with its fleet. */
export function declaredRunners(
  environment: string,
  { fleets }: Pick<Configuration, "fleets">,
): { fleet: string; runner: string }[] {
  return Object.entries(fleets).flatMap(([fleet, { runners }]) =>
    Array.from({ length: runners }, (_, index) => ({
      fleet,
      runner: runnerName(environment, fleet, index + 1),
    })),
  );
}
