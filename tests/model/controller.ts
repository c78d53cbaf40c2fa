import { restAfterBootMs } from "../../contract/asleep.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import type { ControlledMachine as DescribedMachine } from "../../runtime/functions/controller/machine.ts";
import { breach } from "./breaches.ts";
import { startInstance } from "./machine.ts";
import { currentSettings, trueDesired } from "./parameters.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";
import { epoch } from "./world.ts";

/* What the controller does with machines, once a minute. */

const fleet = "cloud";
const hours = { wake: "whenever", sleep: "the model says so", zone: "UTC", holidays: [] };

/**
 * At up to this many calls in a row, a machine may be found asleep without a
 * reason, unless EC2 refuses to start it. At the next call it counts as
 * forgotten.
 */
const callsToStart = 3;

/** Starts the machines that must be awake, and checks that none was forgotten. */
export function control(world: World): void {
  const stopped = world.machines.filter(({ state }) => state === "stopped");
  judgeSleepers(world);
  if (stopped.length === 0 || isOut(world)) return;
  const { start } = world.variant.startsOf({
    fleet: { name: fleet, workingHours: hours },
    workingHours: hoursOf(world),
    settings: readable(world),
    machines: stopped.map(described),
    now: epoch + world.time.now,
  });
  for (const { instanceId, reason } of start) {
    const machine = stopped.find((one) => one.instanceId === instanceId)!;
    tell(world, [machine.name], () => `is started: ${reason}`);
    if (!startInstance(world, machine)) machine.sleptWithoutReason = 0;
  }
}

/** A machine sleeps only while a reason to sleep holds. This checks the truth, and not the product's rule. */
function judgeSleepers(world: World): void {
  for (const machine of world.machines) {
    if (!isToBeStarted(world, machine)) {
      machine.sleptWithoutReason = 0;
      continue;
    }
    machine.sleptWithoutReason++;
    if (machine.sleptWithoutReason <= callsToStart) continue;
    breach(world, "asleep", [machine.name], `${machine.name} sleeps, and nothing keeps it asleep`);
  }
}

function isToBeStarted(world: World, machine: Machine): boolean {
  const { now } = world.time;
  if (machine.state !== "stopped" || isOut(world) || isDamaged(world)) return false;
  const { listing, power, idleMinutes } = trueDesired(world, machine);
  if (listing !== "service" || power === "off" || idleMinutes !== undefined) return false;
  const { report, launchedAt } = machine;
  const reportedSleep = report?.state === "asleep" && report.since >= epoch + launchedAt;
  // Otherwise it went down in another way, AWS did not receive its report, or its clock was wrong by then.
  return reportedSleep || now >= launchedAt + restAfterBootMs;
}

function isOut({ time, awsOutUntil }: World): boolean {
  return time.now < awsOutUntil;
}

function isDamaged({ time, parameters }: World): boolean {
  return Object.values(parameters.damagedUntil).some((until) => time.now < until);
}

/** The settings that the controller can read. It writes the power itself. */
function readable(world: World): FleetSettings {
  const { time, parameters } = world;
  const settings = { ...currentSettings(world) };
  for (const name of ["candidates", "roster", "override", "limits"] as const) {
    if (time.now < parameters.damagedUntil[name]) settings[name] = undefined;
  }
  return settings;
}

/** Since when working hours have kept the power on. */
function hoursOf({ parameters: { versions } }: World): { since: number } | undefined {
  const isOn = ({ settings: { power } }: (typeof versions)[number]) =>
    power?.by === "working-hours" && power.power === "on";
  if (!isOn(versions.at(-1)!)) return undefined;
  const before = versions.findLastIndex((version) => !isOn(version));
  return { since: epoch + versions[before + 1]!.from };
}

function described({ instanceId, runner, launchedAt, report }: Machine): DescribedMachine {
  return {
    id: instanceId,
    fleet,
    runner,
    instanceType: "m5.xlarge",
    availabilityZone: "a",
    state: "stopped",
    createdAt: epoch,
    launchedAt: epoch + launchedAt,
    hasPublicAddress: false,
    ...(report && { report }),
  };
}
