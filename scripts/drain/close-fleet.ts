import { fleetParameters, initialOperator, parseOperator } from "../../contract/parameters.ts";
import type { OperatorSetting } from "../../contract/parameters.ts";
import type { Parameters } from "../clients/parameters.ts";

const closingReason = "longhaul drain: the fleet is being deleted";

/**
 * What `operator` must become so that a fleet's machines retire. Everything
 * else in it stays as it is, also what this version does not know.
 *
 * @param text the parameter's value
 * @returns undefined when it says so already
 */
export function closedOperator(text: string): string | undefined {
  const setting = parseOperator(text);
  if (setting?.closing) return undefined;
  // A damaged setting is one that no machine can read: there is nothing in it to keep.
  const kept = setting ? (JSON.parse(text) as OperatorSetting) : initialOperator;
  return JSON.stringify({ ...kept, closing: true, closingReason } satisfies OperatorSetting);
}

/**
 * Tells a fleet's machines to leave when their jobs have ended. To be called
 * again while they leave: another writer's change can have taken it back.
 *
 * @returns `absent`: the fleet has no `operator` parameter, so there is nothing to close
 */
export async function closeFleet(
  parameters: Parameters,
  environment: string,
  fleet: string,
): Promise<"written" | "already" | "absent"> {
  const { operator: name } = fleetParameters(environment, fleet);
  const text = (await parameters.read([name])).get(name);
  if (text === undefined) return "absent";
  const closed = closedOperator(text);
  if (closed === undefined) return "already";
  await parameters.write(name, closed);
  return "written";
}
