import { initialOverrideSetting } from "../../contract/override.ts";
import { initialPower } from "../../contract/parameters.ts";
import type { FleetSettings, Desired } from "../../contract/desired.ts";
import { desiredFor } from "../../contract/desired.ts";
import { wakeReader } from "./fleet-reader.ts";
import type { Plan } from "./plan.ts";
import type { Machine, WayToLeave, World } from "./world.ts";
import { epoch } from "./world.ts";

/** The fleet's parameters with all their earlier values, because a late answer contains an earlier value. */
export interface FleetParameters {
  versions: { from: number; settings: FleetSettings }[];
  /** What the program declares and has in service, whatever happened to the parameters. */
  declared: { candidates: readonly string[]; roster: readonly string[] };
  /** By parameter, until when it is damaged or missing. */
  damagedUntil: Record<keyof FleetSettings, number>;
}

export function newParameters({ limits }: Plan): FleetParameters {
  const settings = {
    candidates: [],
    roster: [],
    power: initialPower,
    override: initialOverrideSetting,
    limits: limits,
  };
  return {
    versions: [{ from: 0, settings }],
    declared: { candidates: [], roster: [] },
    damagedUntil: { candidates: 0, roster: 0, power: 0, override: 0, limits: 0 },
  };
}

export function currentSettings({ parameters }: World): FleetSettings {
  return parameters.versions.at(-1)!.settings;
}

export function settingsAt({ parameters: { versions } }: World, time: number): FleetSettings {
  let index = versions.length - 1;
  while (index > 0 && versions[index]!.from > time) index--;
  return versions[index]!.settings;
}

/** Writes parameters: machines see them with their next read. */
export function writeSettings(world: World, change: Partial<FleetSettings>): void {
  const { parameters, time } = world;
  parameters.versions.push({ from: time.now, settings: { ...currentSettings(world), ...change } });
  for (const machine of world.machines) {
    noteDesired(world, machine);
    wakeReader(world, machine);
  }
}

/** Writes both lists as the program has them. */
export function writeLists(world: World): void {
  const { candidates, roster } = world.parameters.declared;
  writeSettings(world, { candidates, roster });
}

/** The desired state of a machine under the current parameters, by the true time. */
export function trueDesired(world: World, machine: Machine): Desired {
  return desiredFor(machine, currentSettings(world), epoch + world.time.now);
}

/** Records a machine's desired state, for the judge. */
export function noteDesired(world: World, machine: Machine): void {
  const desired = trueDesired(world, machine);
  const { now } = world.time;
  if (desired.listing === "none") machine.unlistedAt = Infinity;
  else if (machine.unlistedAt === Infinity) machine.unlistedAt = now;
  const kind = wayToLeave(world, machine, desired);
  // If one reason to sleep ends while another source's still holds, a machine that
  // has yet to read the latter takes a new turn.
  const by = kind === "sleep" ? desired.by : undefined;
  if (machine.wanted?.kind !== kind || machine.wanted?.by !== by)
    machine.wanted = kind && { kind, by, since: now };
  const until = desired.until === undefined ? Infinity : Date.parse(desired.until) - epoch;
  if (until > now && until < Infinity) {
    world.time.at(until, () => {
      noteDesired(world, machine);
    });
  }
}

function wayToLeave(world: World, machine: Machine, { listing, power, by }: Desired): WayToLeave | undefined {
  const mayRetire = machine.listed || currentSettings(world).override?.closing === true;
  if (listing === "none") return mayRetire ? "retire" : undefined;
  if (power === "on") return undefined;
  return by === "budget" ? "budget" : "sleep";
}
