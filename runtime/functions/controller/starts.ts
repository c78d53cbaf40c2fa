import { whyAsleep } from "../../../contract/asleep.ts";
import type { WhyAsleep } from "../../../contract/asleep.ts";
import type { ControlledFleet } from "../../../contract/controller.ts";
import type { WorkingHoursPower } from "../../../contract/working-hours.ts";
import {
  idleTimeoutWords,
  isOfThisLife,
  lastWordStates,
  tellOfPowerOff,
} from "../../../contract/last-words.ts";
import { staysAwake, desiredFor } from "../../../contract/desired.ts";
import type { FleetSettings, Desired } from "../../../contract/desired.ts";
import type { Spare } from "./demand.ts";
import { isBackingOff } from "./failed-starts.ts";
import type { ControlledMachine } from "./machine.ts";

export interface MachineStart extends Spare {
  /** The end of a sentence. */
  reason: string;
}

/** What a fleet's sleeping machines come to, no job aside. */
export interface FleetStarts {
  /** Machines that are to be awake. */
  start: MachineStart[];
  /** Ids of machines that nothing keeps asleep, and that are started later all the same: see `whyAsleep`. */
  resting: string[];
}

/** What a fleet's starts rest on. */
export interface StartInput {
  fleet: Pick<ControlledFleet, "name" | "workingHours">;
  /** What its working hours say; undefined: it has none. */
  workingHours: Pick<WorkingHoursPower, "since"> | undefined;
  /** With the power that is wanted now. */
  settings: FleetSettings;
  /** All of the environment. */
  machines: readonly ControlledMachine[];
  /** Milliseconds since the epoch. */
  now: number;
}

const dayMs = 24 * 60 * 60_000;

/** GitHub drops a registration that was offline for 14 days: half of that leaves a week to find out why. */
const longestSleepMs = 7 * dayMs;

/**
 * A machine that slept so soon after working hours had begun may have gone by
 * what was wanted before: it reads its wishes every half minute, and takes some
 * seconds to leave.
 */
const desiredSettlesMs = 2 * 60_000;

/**
 * Which sleeping machines of a fleet are to be awake: those that no reason to
 * sleep holds for, whatever put them to sleep. It is decided by what is the
 * case now, so a change that nobody saw happen is acted on at the next call.
 * Only machines in service and candidates: what is on neither list must not run.
 */
export function startsOf(input: StartInput): FleetStarts {
  const { fleet, settings, machines, now } = input;
  const starts: FleetStarts = { start: [], resting: [] };
  for (const machine of machines) {
    if (machine.fleet !== fleet.name || machine.state !== "stopped") continue;
    const { runner, id: instanceId, availabilityZone } = machine;
    const desired = desiredFor({ runner, instanceId }, settings, now);
    if (desired.listing === "none") continue;
    const why = whyAsleep(machine, desired, settings, now);
    const reason = startReason(machine, desired, why.kind, input);
    if (reason !== undefined) {
      starts.start.push({ instanceId, fleet: fleet.name, availabilityZone, reason });
    } else if (why.kind === "resting") {
      starts.resting.push(instanceId);
    }
  }
  starts.start.push(...standIns(input, starts.start));
  return starts;
}

/**
 * Machines that take the place of those which are to be awake (`minimumAwake`)
 * and whose last starts failed: the next ones of the roster that nothing but
 * their idle timeout keeps asleep, as long as fewer than `minimumAwake` are
 * awake. A machine's agent decides by its own place in the roster whether it has
 * an idle timeout, so a stand-in sleeps again by its timeout, and is then
 * started again at most once in that time.
 */
function standIns(
  { fleet, settings, machines, now }: StartInput,
  started: readonly MachineStart[],
): MachineStart[] {
  const { roster = [], limits } = settings;
  if (!limits) return [];
  const { minimumAwake } = limits;
  const byId = new Map(
    machines.flatMap((each) => (each.fleet === fleet.name ? [[each.id, each] as const] : [])),
  );
  const machinesOf = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const inService = machinesOf(roster);
  const failing = machinesOf(roster.slice(0, minimumAwake)).filter(
    (each) => each.state === "stopped" && isBackingOff(each, now),
  ).length;
  const awake = inService.filter(({ state }) => state === "running" || state === "pending").length;
  const missing = Math.min(failing, minimumAwake - awake - started.length);
  if (missing <= 0) return [];
  const isStarted = new Set(started.map(({ instanceId }) => instanceId));
  return inService
    .filter((machine) => {
      const { id: instanceId, runner, state } = machine;
      if (state !== "stopped" || isStarted.has(instanceId)) return false;
      const { idleMinutes, ...desired } = desiredFor({ runner, instanceId }, settings, now);
      return idleMinutes !== undefined && whyAsleep(machine, desired, settings, now).kind === "none";
    })
    .slice(0, missing)
    .map(({ id, availabilityZone }) => ({
      instanceId: id,
      fleet: fleet.name,
      availabilityZone,
      reason: `${minimumAwake} of its fleet are to be awake, and EC2 does not start ${failing} of the first ones`,
    }));
}

/** Why a sleeping machine is started, each for the first reason that holds; undefined: it is not. */
function startReason(
  machine: ControlledMachine,
  desired: Desired,
  why: WhyAsleep["kind"],
  { fleet, workingHours, settings, now }: StartInput,
): string | undefined {
  // What cannot be read may be an operator's desired to sleep, for a night or for a month.
  if (why === "unknown" || isBackingOff(machine, now)) return undefined;
  const isWithinHours = workingHours && desired.power === "on" && desired.by === "working-hours";
  if (isWithinHours && hasSleptThrough(workingHours.since, machine, now)) {
    return `working hours have begun (${fleet.workingHours!.wake}, ${fleet.workingHours!.zone})`;
  }
  if (why === "none") return noReasonToSleep(machine, desired, settings);
  // Its registration can be renewed, and the money of a month that is over budget cannot.
  if (desired.by !== "budget" && now - lastRanAt(machine, now) >= longestSleepMs) {
    return "it slept for a week, and GitHub drops what is offline for two";
  }
  return undefined;
}

function noReasonToSleep(
  { id, launchedAt, report, failedStart }: ControlledMachine,
  { by, reason }: Desired,
  settings: FleetSettings,
): string {
  const wantedBy = staysAwake(id, settings)
    ? `${settings.limits!.minimumAwake} of its fleet are to be awake`
    : `nothing keeps it asleep, and power is on by ${by} (${reason})`;
  if (failedStart) return `EC2 did not start it the last time (${failedStart.why}), and ${wantedBy}`;
  if (report && isOfThisLife(report, launchedAt) && lastWordStates.includes(report.state)) return wantedBy;
  const words = report && isOfThisLife(report, launchedAt) ? report.state : "silent";
  return `it went down without going to sleep (it was ${words}), and ${wantedBy}`;
}

/**
 * Whether a machine has not been awake since working hours began, for all that it had to be: one that found no job
 * since and slept again by its idle timeout is left, and one that the budget or an operator put to sleep is not.
 */
function hasSleptThrough(since: number, machine: ControlledMachine, now: number): boolean {
  const { launchedAt, report, failedStart } = machine;
  const words = report?.state === "asleep" ? report.detail : "";
  if (launchedAt < since || failedStart) {
    return !(lastRanAt(machine, now) >= since + desiredSettlesMs && words === idleTimeoutWords);
  }
  return report !== undefined && isOfThisLife(report, launchedAt) && tellOfPowerOff(words);
}

/**
 * When a sleeping machine is known to have run last. EC2 does not say when a
 * machine powered itself off; the machine does, by the moment of its last
 * report. Where it has said nothing, or something of the future, its last start
 * is what is known; where that has failed, the moment at which it was made.
 */
function lastRanAt(machine: ControlledMachine, now: number): number {
  const { createdAt, launchedAt, stoppedAt = launchedAt, report, failedStart } = machine;
  const reportedAt = report && report.since <= now ? report.since : createdAt;
  return failedStart ? reportedAt : Math.max(launchedAt, stoppedAt, reportedAt);
}
