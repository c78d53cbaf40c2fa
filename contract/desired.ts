import { isCurrent, parseOverrideSetting } from "./override.ts";
import type { OverrideSetting } from "./override.ts";
import { fleetParameters, parseMachineList, parsePower, parseLimits } from "./parameters.ts";
import type { Power, PowerSetting, LimitsSetting } from "./parameters.ts";

/** What the fleet's parameters say. Undefined: could not be read, which changes nothing. */
export interface FleetSettings {
  candidates: readonly string[] | undefined;
  roster: readonly string[] | undefined;
  power: PowerSetting | undefined;
  override: OverrideSetting | undefined;
  limits: LimitsSetting | undefined;
}

/** What a fleet's parameters say, by their values as SSM gave them; what is absent or damaged was not read. */
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
    override: parseOverrideSetting(values.get(names.override)),
    limits: parseLimits(values.get(names.limits)),
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
export interface Desired {
  listing: Listing;
  power: Power;
  by: string;
  reason: string;
  /** ISO 8601 in UTC, where the override ends by itself. */
  until?: string;
  /** After so many minutes without a job it sleeps all the same; absent: it does not. */
  idleMinutes?: number;
}

/**
 * The one rule for what is wanted of a machine. Agent, controller and `status`
 * all ask here. Budget beats operator beats working hours, but for an operator
 * who said to go over the budget; an operator's override for one runner beats one
 * for its fleet; an expired override is none. Whom an
 * operator has woken stays awake; everybody else sleeps when idle for as long
 * as the fleet allows, the first of the roster aside that are to stay awake.
 *
 * @param now milliseconds since the epoch
 */
export function desiredFor(
  machine: { runner: string; instanceId: string },
  settings: FleetSettings,
  now: number,
): Desired {
  const listing = listingOf(machine.instanceId, settings);
  const { power, override } = settings;
  const own = [override?.runners[machine.runner], override?.fleet].find(
    (override) => override && isCurrent(override, now),
  );
  const isBreach = power?.power === "off" && power.by === "budget";
  if (own && (!isBreach || own.overBudget)) return { listing, ...own };
  if (power) {
    const { power: wanted, by, reason } = power;
    const idleMinutes = wanted === "on" ? idleLimit(machine.instanceId, settings) : undefined;
    return { listing, power: wanted, by, reason, ...(idleMinutes !== undefined && { idleMinutes }) };
  }
  return { listing, power: "on", by: "default", reason: "no power setting could be read" };
}

function idleLimit(instanceId: string, settings: FleetSettings): number | undefined {
  return staysAwake(instanceId, settings) ? undefined : settings.limits?.idleMinutes;
}

/** Whether a machine is among the first of the roster, which have no idle timeout (`minimumAwake`). */
export function staysAwake(
  instanceId: string,
  { roster, limits }: Pick<FleetSettings, "roster" | "limits">,
): boolean {
  const place = roster?.indexOf(instanceId) ?? -1;
  return limits !== undefined && place >= 0 && place < limits.minimumAwake;
}

function listingOf(instanceId: string, { candidates, roster, override }: FleetSettings): Listing {
  if (override?.closing) return "none";
  if (roster?.includes(instanceId)) return "service";
  if (candidates?.includes(instanceId)) return "candidate";
  if (!candidates || !roster) return "unknown";
  return candidates.length + roster.length === 0 ? "unknown" : "none";
}
