import type { FleetSettings } from "../../contract/desired.ts";
import { afterRead, fleetViewOf, nextReadMs, readsToRetire } from "../../runtime/agent/fleet-memory.ts";
import type { FleetMemory, FleetView } from "../../runtime/agent/fleet-memory.ts";
import { unreadSettings } from "../../runtime/agent/settings.ts";
import { wakeAgent } from "./agent.ts";
import { disturb } from "./breaches.ts";
import { settingsAt } from "./parameters.ts";
import { settings } from "./settings.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";
import { epoch } from "./world.ts";

/** How an agent reads its fleet's parameters. The conclusions come from the agent's own code. */
export interface FleetReader {
  memory: FleetMemory;
  /** When the parameters were last read that decide which machines are listed. */
  readAt: Record<"candidates" | "roster" | "override", number>;
  /** When the last read began, and whether one is in progress. */
  begunAt: number;
  reading: boolean;
}

export function beginReading(world: World, machine: Machine): FleetReader {
  const reader: FleetReader = {
    memory: { known: unreadSettings, wasListed: machine.listed, unlistedReads: 0 },
    readAt: { candidates: -Infinity, roster: -Infinity, override: -Infinity },
    begunAt: world.time.now,
    reading: false,
  };
  world.time.after(0, () => {
    read(world, machine, reader);
  });
  return reader;
}

export function fleetView(world: World, machine: Machine, { memory }: FleetReader): FleetView {
  return fleetViewOf(memory, desired(world, machine, memory.known));
}

function desired(world: World, machine: Machine, known: FleetSettings) {
  return world.variant.desiredFor(machine, known, epoch + world.time.now + machine.clockOffMs);
}

/**
 * When, on the monotonic clock, the known settings change their meaning because
 * an operator's override expires.
 */
export function desiredEndsAt(machine: Machine, { memory }: FleetReader, now: number): number {
  const { fleet, runners } = memory.known.override ?? {};
  let first = Infinity;
  for (const until of [fleet?.until, runners?.[machine.runner]?.until]) {
    if (until === undefined) continue;
    const end = Date.parse(until) - epoch - machine.clockOffMs;
    if (end > now && end < first) first = end;
  }
  return first;
}

/** Reads the parameters. A read that would bring nothing new is skipped: see {@link wakeReader}. */
function read(world: World, machine: Machine, reader: FleetReader): void {
  const { time, random } = world;
  if (machine.agent?.reader !== reader || machine.agent.ended) return;
  reader.begunAt = time.now;
  reader.reading = true;
  const fails = time.now < world.awsOutUntil || random.below(50) === 0;
  const takesMs = fails ? random.between(100, 30_000) : random.delay(30, 400, 20, 10_000);
  time.after(takesMs, () => {
    if (machine.agent?.reader !== reader || machine.agent.ended) return;
    reader.reading = false;
    if (fails) {
      disturb(world, machine);
      readAfter(world, machine, reader, readsAgainAfter(world, machine, reader));
      return;
    }
    take(world, machine, reader);
    wakeAgent(world, machine);
    const again =
      Object.values(world.parameters.damagedUntil).some((until) => until > reader.begunAt) ||
      (reader.memory.unlistedReads > 0 && reader.memory.unlistedReads < readsToRetire);
    const stale = world.parameters.versions.at(-1)!.from > reader.begunAt;
    if (again || stale) readAfter(world, machine, reader, readsAgainAfter(world, machine, reader));
  });
}

/** Takes each parameter as it was at some moment of the request. */
function take(world: World, machine: Machine, reader: FleetReader): void {
  const { time, random, parameters } = world;
  const reading = { ...unreadSettings, isAnswered: true };
  for (const name of ["candidates", "roster", "power", "override", "limits"] as const) {
    const moment = random.between(reader.begunAt, time.now);
    if (moment < parameters.damagedUntil[name]) continue;
    Object.assign(reading, { [name]: settingsAt(world, moment)[name] });
    if (name !== "power" && name !== "limits") reader.readAt[name] = reader.begunAt;
  }
  reader.memory = afterRead(reader.memory, reading, (known) => desired(world, machine, known));
  if (!machine.listed && reader.memory.wasListed) {
    machine.listed = true;
    tell(world, [machine.name], () => "knows that it is listed");
  }
}

function readsAgainAfter(world: World, machine: Machine, { memory }: FleetReader): number {
  return nextReadMs(desired(world, machine, memory.known), settings.pollMs);
}

function readAfter(world: World, machine: Machine, reader: FleetReader, ms: number): void {
  world.time.after(ms, () => {
    if (!reader.reading) read(world, machine, reader);
  });
}

/** The parameters have changed: the next read, which is due at some moment within the interval, brings news. */
export function wakeReader(world: World, machine: Machine): void {
  const { agent } = machine;
  if (!agent || agent.ended || agent.reader.reading) return;
  readAfter(
    world,
    machine,
    agent.reader,
    world.random.next() * readsAgainAfter(world, machine, agent.reader),
  );
}
