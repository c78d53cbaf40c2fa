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
  /** The end of a sentence for the log. */
  reason: string;
}

/** The result for a fleet's sleeping machines, apart from queued jobs. */
export interface FleetStarts {
  /** Machines that should be awake. */
  start: MachineStart[];
  /** Ids of machines that no reason keeps asleep, and that are started later: see `whyAsleep`. */
  resting: string[];
}

/** The input of the decision about a fleet's starts. */
export interface StartInput {
  fleet: Pick<ControlledFleet, "name" | "workingHours">;
  /** The state of its working hours; undefined: it has none. */
  workingHours: Pick<WorkingHoursPower, "since"> | undefined;
  /** With the power setting that applies from now on. */
  settings: FleetSettings;
  /** All machines of the environment. */
  machines: readonly ControlledMachine[];
  /** Milliseconds since the epoch. */
  now: number;
}

const dayMs = 24 * 60 * 60_000;

/** GitHub drops a registration that was offline for 14 days. Half of that leaves a week to find a cause. */
const longestSleepMs = 7 * dayMs;

/**
 * Milliseconds after the beginning of working hours in which a machine may still
 * follow the earlier desired state: it reads its settings every half minute, and
 * takes some seconds to leave.
 */
const desiredSettlesMs = 2 * 60_000;

/**
 * Which sleeping machines of a fleet should be awake: those that no reason keeps
 * asleep, whatever put them to sleep. The decision rests on the present state, so
 * a change that went unnoticed takes effect at the next call. Only machines in
 * service and candidates are started: a machine on neither list must not run.
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
 * Stand-ins for machines that should be awake (`minimumAwake`) and whose last
 * starts failed: the next ones of the roster that only their idle timeout keeps
 * asleep, as long as fewer than `minimumAwake` are awake. A machine's agent
 * decides by its own place in the roster whether it has an idle timeout. So a
 * stand-in sleeps again by its timeout, and is started again at most once in
 * that time.
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
      reason: `${minimumAwake} of its fleet should be awake, and EC2 does not start ${failing} of the first ones`,
    }));
}

/** The first reason that holds for starting a sleeping machine; undefined: there is none. */
function startReason(
  machine: ControlledMachine,
  desired: Desired,
  why: WhyAsleep["kind"],
  { fleet, workingHours, settings, now }: StartInput,
): string | undefined {
  // A setting that cannot be read may be an operator's sleep override, for a night or for a month.
  if (why === "unknown" || isBackingOff(machine, now)) return undefined;
  const isWithinHours = workingHours && desired.power === "on" && desired.by === "working-hours";
  if (isWithinHours && hasSleptThrough(workingHours.since, machine, now)) {
    return `working hours have begun (${fleet.workingHours!.wake}, ${fleet.workingHours!.zone})`;
  }
  if (why === "none") return noReasonToSleep(machine, desired, settings);
  // A registration can be renewed; the money of a month over budget cannot be had back.
  if (desired.by !== "budget" && now - lastRanAt(machine, now) >= longestSleepMs) {
    return "it slept for a week, and GitHub removes runners that are offline for two weeks";
  }
  return undefined;
}

function noReasonToSleep(
  { id, launchedAt, report, failedStart }: ControlledMachine,
  { by, reason }: Desired,
  settings: FleetSettings,
): string {
  const wantedBy = staysAwake(id, settings)
    ? `${settings.limits!.minimumAwake} of its fleet should be awake`
    : `nothing keeps it asleep, and power is on by ${by} (${reason})`;
  if (failedStart) return `EC2 did not start it the last time (${failedStart.why}), and ${wantedBy}`;
  if (report && isOfThisLife(report, launchedAt) && lastWordStates.includes(report.state)) return wantedBy;
  const words = report && isOfThisLife(report, launchedAt) ? report.state : "silent";
  return `it went down without going to sleep (it was ${words}), and ${wantedBy}`;
}

/**
 * True if a machine should have been awake since working hours began and was not. Machines that already ran since these
 * hours began and went back to sleep idle are skipped; those that an operator or the budget put to sleep are included.
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
 * machine powered itself off; the time of the machine's last report does.
 * Without a report, or with one from the future, its last start counts, and if
 * that failed, the time at which it was made.
 */
function lastRanAt(machine: ControlledMachine, now: number): number {
  const { createdAt, launchedAt, stoppedAt = launchedAt, report, failedStart } = machine;
  const reportedAt = report && report.since <= now ? report.since : createdAt;
  return failedStart ? reportedAt : Math.max(launchedAt, stoppedAt, reportedAt);
}
