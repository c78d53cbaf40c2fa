import { fleetParameters } from "../../contract/parameters.ts";
import type { Parameters } from "../clients/parameters.ts";
import type { Clock } from "../clock.ts";
import { closed } from "./operator-text.ts";

const closingReason = "longhaul drain: the fleet is being deleted";

/**
 * Tells a fleet's machines to leave when their jobs have ended. To be called
 * again while they leave: another writer's change can have taken it back.
 *
 * @returns `absent`: the fleet has no `operator` parameter, so there is nothing to close
 */
export async function closeFleet(
  { parameters, clock }: { parameters: Parameters; clock: Clock },
  environment: string,
  fleet: string,
): Promise<"written" | "already" | "absent"> {
  const { operator: name } = fleetParameters(environment, fleet);
  const text = (await parameters.read([name])).get(name);
  if (text === undefined) return "absent";
  const next = closed(text, closingReason, clock.now());
  if (next === undefined) return "already";
  await parameters.write(name, next);
  return "written";
}
