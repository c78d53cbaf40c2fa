import { isCurrent, parseOverrideSetting } from "./override.ts";
import type { OverrideSetting } from "./override.ts";
import { fleetParameters, parseMachineList, parsePower, parseLimits } from "./parameters.ts";
import type { Power, PowerSetting, LimitsSetting } from "./parameters.ts";

/** The values of a fleet's parameters. Undefined: could not be read, so nothing changes. */
export interface FleetSettings {
  candidates: readonly string[] | undefined;
  roster: readonly string[] | undefined;
  power: PowerSetting | undefined;
  override: OverrideSetting | undefined;
  limits: LimitsSetting | undefined;
}

/** Parses a fleet's parameters from SSM's values, by parameter name. An absent or damaged value counts as not read. */
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
 * `none` on neither list, both of which were read, or the fleet is closing ·
 * `unknown` a list could not be read, or both are empty without `closing`
 * (a list that was emptied by hand or by mistake retires no machine).
 */
export type Listing = "service" | "candidate" | "none" | "unknown";

/** The desired state of a runner: who set it, why, and until when. */
export interface Desired {
  listing: Listing;
  power: Power;
  by: string;
  reason: string;
  /** ISO 8601 in UTC, if the override ends by itself. */
  until?: string;
  /** Minutes without a job after which it sleeps although power is on; absent: it does not. */
  idleMinutes?: number;
}

/**
 * The one rule for a machine's desired state, used by agent, controller and
 * `status`. The budget beats an operator's override, unless the override says
 * to exceed the budget. An override beats working hours, and an override for one
 * runner beats one for its fleet. An expired override does not count.
 *
 * A machine that an operator has woken stays awake. Every other machine sleeps
 * after the fleet's idle timeout, except the first ones of the roster
 * (`minimumAwake`).
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
    const idleMinutes = wanted === "on" ? idleTimeoutOf(machine.instanceId, settings) : undefined;
    return { listing, power: wanted, by, reason, ...(idleMinutes !== undefined && { idleMinutes }) };
  }
  return { listing, power: "on", by: "default", reason: "no power setting could be read" };
}

function idleTimeoutOf(instanceId: string, settings: FleetSettings): number | undefined {
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
