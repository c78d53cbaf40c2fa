import { fleetParameters, parseMachineList, parseOperator, parsePower } from "./parameters.ts";
import type { OperatorSetting, OperatorWish, Power, PowerSetting } from "./parameters.ts";

/** What the fleet's parameters say. Undefined: could not be read, which changes nothing. */
export interface FleetSettings {
  candidates: readonly string[] | undefined;
  roster: readonly string[] | undefined;
  power: PowerSetting | undefined;
  operator: OperatorSetting | undefined;
}

/** What a fleet's four parameters say, by their values as SSM gave them; what is absent or damaged was not read. */
export function parseFleetSettings(
  environment: string,
  fleet: string,
  values: ReadonlyMap<string, string>,
): FleetSettings {
  const names = fleetParameters(environment, fleet);
  return {
    candidates: parseMachineList(values.get(names.candidates)),
    roster: parseMachineList(values.get(names.roster)),
    power: parsePower(values.get(names.power)),
    operator: parseOperator(values.get(names.operator)),
  };
}

/**
 * A machine's place on the lists:
 * `service` on the roster · `candidate` declared, not yet proven ·
 * `none` the lists were read and it is on neither, or the fleet is closing ·
 * `unknown` a list could not be read, or both are empty without `closing`
 * (an empty list by hand or by mistake retires nobody).
 */
export type Listing = "service" | "candidate" | "none" | "unknown";

/** What is wanted of a runner, by whom, why, until when. */
export interface Wish {
  listing: Listing;
  power: Power;
  by: string;
  reason: string;
  /** ISO 8601 in UTC, where the wish ends by itself. */
  until?: string;
}

/**
 * The one rule for what is wanted of a machine. Agent, controller and `status`
 * all ask here. Budget beats operator beats working hours; an operator's wish
 * for one runner beats one for its fleet; an expired wish is none.
 *
 * @param now milliseconds since the epoch
 */
export function wishFor(
  machine: { runner: string; instanceId: string },
  settings: FleetSettings,
  now: number,
): Wish {
  const listing = listingOf(machine.instanceId, settings);
  const { power, operator } = settings;
  if (power?.power === "off" && power.by === "budget") return { listing, ...power };
  const own = [operator?.runners[machine.runner], operator?.fleet].find(
    (wish) => wish && isCurrent(wish, now),
  );
  if (own) return { listing, ...own };
  if (power) return { listing, ...power };
  return { listing, power: "on", by: "default", reason: "no power setting could be read" };
}

function listingOf(instanceId: string, { candidates, roster, operator }: FleetSettings): Listing {
  if (operator?.closing) return "none";
  if (roster?.includes(instanceId)) return "service";
  if (candidates?.includes(instanceId)) return "candidate";
  if (!candidates || !roster) return "unknown";
  return candidates.length + roster.length === 0 ? "unknown" : "none";
}

function isCurrent(wish: OperatorWish, now: number): boolean {
  return wish.until === undefined || Date.parse(wish.until) > now;
}
