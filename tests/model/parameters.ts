import { initialOperator } from "../../contract/operator.ts";
import { initialPower } from "../../contract/parameters.ts";
import type { FleetSettings, Wish } from "../../contract/wishes.ts";
import { wishFor } from "../../contract/wishes.ts";
import { wakeReader } from "./fleet-reader.ts";
import type { Plan } from "./plan.ts";
import type { Machine, WayToLeave, World } from "./world.ts";
import { epoch } from "./world.ts";

/** The fleet's parameters with all that they have held: a late answer brings what was true a while ago. */
export interface FleetParameters {
  versions: { from: number; settings: FleetSettings }[];
  /** What the program declares and has in service, whatever became of the parameters. */
  declared: { candidates: readonly string[]; roster: readonly string[] };
  /** By parameter, until when it is damaged or missing. */
  damagedUntil: Record<keyof FleetSettings, number>;
}

export function newParameters({ shutdown }: Plan): FleetParameters {
  const settings = { candidates: [], roster: [], power: initialPower, operator: initialOperator, shutdown };
  return {
    versions: [{ from: 0, settings }],
    declared: { candidates: [], roster: [] },
    damagedUntil: { candidates: 0, roster: 0, power: 0, operator: 0, shutdown: 0 },
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
    noteWish(world, machine);
    wakeReader(world, machine);
  }
}

/** Writes both lists as the program has them. */
export function writeLists(world: World): void {
  const { candidates, roster } = world.parameters.declared;
  writeSettings(world, { candidates, roster });
}

/** What the parameters want of a machine at this moment, by the true time. */
export function trueWish(world: World, machine: Machine): Wish {
  return wishFor(machine, currentSettings(world), epoch + world.time.now);
}

/** Follows what is wanted of a machine, for the judge. */
export function noteWish(world: World, machine: Machine): void {
  const wish = trueWish(world, machine);
  const { now } = world.time;
  if (wish.listing === "none") machine.unlistedAt = Infinity;
  else if (machine.unlistedAt === Infinity) machine.unlistedAt = now;
  const kind = wayToLeave(world, machine, wish);
  // Where one's wish to sleep ends in the middle of another's, a machine that has yet to read of that one takes a new turn.
  const by = kind === "sleep" ? wish.by : undefined;
  if (machine.wanted?.kind !== kind || machine.wanted?.by !== by)
    machine.wanted = kind && { kind, by, since: now };
  const until = wish.until === undefined ? Infinity : Date.parse(wish.until) - epoch;
  if (until > now && until < Infinity) {
    world.time.at(until, () => {
      noteWish(world, machine);
    });
  }
}

function wayToLeave(world: World, machine: Machine, { listing, power, by }: Wish): WayToLeave | undefined {
  const mayRetire = machine.listed || currentSettings(world).operator?.closing === true;
  if (listing === "none") return mayRetire ? "retire" : undefined;
  if (power === "on") return undefined;
  return by === "budget" ? "budget" : "sleep";
}
