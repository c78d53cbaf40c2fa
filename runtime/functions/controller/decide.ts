import type { ControlledFleet, ControllerConfiguration } from "../../../contract/controller.ts";
import { hoursAt } from "../../../contract/hours.ts";
import type { HoursPower } from "../../../contract/hours.ts";
import { machineName } from "../../../contract/names.ts";
import { spentInMonth } from "../../../contract/meter.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import type { MachineState } from "../../../contract/tags.ts";
import { idleReason, wishFor } from "../../../contract/wishes.ts";
import type { FleetSettings } from "../../../contract/wishes.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import { decideDemand, wakesPerJob } from "../demand.ts";
import type { Demand, Spare } from "../demand.ts";
import type { Disk, Machine } from "./machine.ts";
import { meterAssumptions, meterUntil } from "./meter.ts";
import type { MeterPrices } from "./meter.ts";

/** All that a decision rests on. */
export interface Sighting {
  /** Milliseconds since the epoch. */
  now: number;
  /** By fleet; what could not be read is undefined in them. */
  settings: Readonly<Record<string, FleetSettings>>;
  machines: readonly Machine[];
  /** Disks of the environment that no machine has. */
  strayDisks: readonly Disk[];
  /** One sentence for each thing that could not be seen, and without which the rest can be decided. */
  problems: readonly string[];
  /** The table of waiting jobs, expired ones among them; empty where nobody is woken for jobs. */
  jobs: readonly WaitingJob[];
  /** Undefined: there is none, or it is damaged. */
  meter: MeterRecord | undefined;
}

/** What is to be done. Doing it twice is doing it once. */
export interface Plan {
  /** Power settings that are to be another than they are, by fleet. */
  power: Readonly<Record<string, PowerSetting>>;
  /** Sleeping machines that are to be awake, no job aside. */
  start: readonly Start[];
  /** Those that jobs wait for, and what was counted. Absent: nobody is woken for jobs. */
  demand?: Demand;
  meter: MeterRecord;
  /** A sentence for each thing that had to be assumed, for the log. */
  assumptions: readonly string[];
}

export interface Start extends Spare {
  /** The end of a sentence. */
  reason: string;
}

const dayMs = 24 * 60 * 60_000;

/** GitHub drops a registration that was offline for 14 days: half of that leaves a week to find out why. */
const longestSleepMs = 7 * dayMs;

/**
 * A machine that slept so soon after working hours had begun may have gone by
 * what was wanted before: it reads its wishes every half minute, and takes some
 * seconds to leave.
 */
const wishSettlesMs = 2 * 60_000;

/**
 * The one place where it is decided what the environment wants of its fleets.
 * It can want machines to be started and never to be stopped: they sleep by
 * themselves when power is off and no job is on them.
 */
export function decide(configuration: ControllerConfiguration, seen: Sighting): Plan {
  const prices = pricesOf(configuration);
  const meter = meterUntil(seen.meter, seen.now, seen, prices);
  const limit = configuration.budget?.monthlyUsd;
  const spent = spentInMonth(meter);
  const isOverBudget = limit !== undefined && spent >= limit;
  const breach: PowerSetting | undefined = isOverBudget
    ? {
        power: "off",
        by: "budget",
        reason: `${spent.toFixed(2)} of ${limit} USD are spent in ${meter.month}`,
      }
    : undefined;

  const power: Record<string, PowerSetting> = {};
  const start: Start[] = [];
  for (const fleet of configuration.fleets) {
    const settings = seen.settings[fleet.name];
    if (!settings) continue;
    const hours = fleet.hours && hoursAt(fleet.hours, seen.now);
    const wanted = breach ?? powerByHours(fleet, hours);
    if (!saysTheSame(settings.power, wanted)) power[fleet.name] = wanted;
    start.push(...startsOf(fleet, hours?.since, { ...settings, power: wanted }, seen));
  }
  const demand = configuration.demand && demandOf(configuration, seen, power, start);
  const assumptions = meterAssumptions(seen.meter, seen.now, seen, prices);
  return { power, start, ...(demand && { demand }), meter, assumptions };
}

/** States in which a machine stays until somebody helps. Those that pass by themselves are waited for. */
const unfit: ReadonlySet<string> = new Set<MachineState>(["boot-failed", "needs-token", "failed"]);

/**
 * Working hours and idle limits are nothing against a job that waits; an
 * operator's wish to sleep is, and the budget. Who is woken anyway is on its
 * way for the jobs as well.
 */
function demandOf(
  { demand }: ControllerConfiguration,
  { now, machines, jobs, settings }: Sighting,
  power: Plan["power"],
  start: readonly Start[],
): Demand {
  const woken = new Set(start.map(({ instanceId }) => instanceId));
  const { fleets: labelled, emptyLabels } = demand!;
  const settingsOf = (fleet: string) => {
    const own = settings[fleet];
    return own && { ...own, power: power[fleet] ?? own.power };
  };
  return decideDemand({
    jobs,
    fleets: labelled.map((fleet) => ({ ...fleet, roster: settings[fleet.name]?.roster })),
    machines: machines.map(({ id, runner, fleet, state, launchedAt, report, availabilityZone }) => ({
      instanceId: id,
      name: machineName(runner, id),
      state: woken.has(id) ? "pending" : state,
      availabilityZone,
      // What it said before its last start says nothing of now.
      cannotTakeJobs: report !== undefined && report.since >= launchedAt && unfit.has(report.state),
      mayStart: mayWork({ runner, instanceId: id }, settingsOf(fleet), now),
    })),
    ...(emptyLabels !== undefined && { emptyLabels }),
    maxWakes: wakesPerJob,
    now,
  });
}

function mayWork(
  machine: { runner: string; instanceId: string },
  settings: FleetSettings | undefined,
  now: number,
): boolean {
  if (!settings) return false;
  const { listing, power, by } = wishFor(machine, settings, now);
  return listing === "service" && (power === "on" || by === "hours");
}

function pricesOf({ fleets, addressPrice, priceList }: ControllerConfiguration): MeterPrices {
  return {
    fleets: Object.fromEntries(
      fleets.map(({ name, instanceType, prices }) => [name, { instanceType, ...prices }]),
    ),
    address: addressPrice,
    list: priceList,
  };
}

function powerByHours({ hours }: ControlledFleet, now: HoursPower | undefined): PowerSetting {
  if (!hours || !now) return { power: "on", by: "stack", reason: "no working hours are set" };
  const { power } = now;
  const reason =
    power === "on" ? `working hours since ${hours.wake}` : `outside working hours since ${hours.sleep}`;
  return { power, by: "hours", reason: `${reason}, ${hours.zone}` };
}

/** Another sum in the reason is no news: a breach would be written each minute. */
function saysTheSame(one: PowerSetting | undefined, other: PowerSetting): boolean {
  if (one?.power !== other.power || one.by !== other.by) return false;
  return one.by !== "hours" || one.reason === other.reason;
}

/**
 * Which sleeping machines of a fleet are to be awake, each for the first reason
 * that holds. Only those in service: what is on neither list must not run.
 *
 * @param wokenAt since when its hours say what they say; undefined: it has none
 */
function startsOf(
  fleet: ControlledFleet,
  wokenAt: number | undefined,
  settings: FleetSettings,
  { now, machines }: Sighting,
): Start[] {
  return machines.flatMap((machine) => {
    if (machine.fleet !== fleet.name || machine.state !== "stopped") return [];
    const { runner, id: instanceId, launchedAt, availabilityZone } = machine;
    const ranAt = lastRanAt(machine, now);
    const wish = wishFor({ runner, instanceId }, settings, now);
    if (wish.listing !== "service") return [];
    const start = (reason: string): Start[] => [{ instanceId, fleet: fleet.name, availabilityZone, reason }];
    if (wish.power === "on") {
      const place = settings.roster!.indexOf(instanceId);
      // One that has been awake since and found no job has had its day; whom another wish put to sleep has not.
      const hadItsDay = (edge: number) =>
        ranAt >= edge + wishSettlesMs && machine.report?.detail === idleReason;
      const sleptThrough = (edge: number) => launchedAt < edge && !hadItsDay(edge);
      if (wish.by === "hours" && wokenAt !== undefined && sleptThrough(wokenAt)) {
        return start(`working hours have begun (${fleet.hours!.wake}, ${fleet.hours!.zone})`);
      }
      if (place < fleet.minimumAwake) return start(`${fleet.minimumAwake} of its fleet are to be awake`);
      if (wish.by !== "hours" && wish.by !== "stack")
        return start(`${wish.by} wants it awake: ${wish.reason}`);
    }
    // Its registration can be renewed, and the money of a month that is over budget cannot.
    if (wish.by !== "budget" && now - ranAt >= longestSleepMs) {
      return start("it slept for a week, and GitHub drops what is offline for two");
    }
    return [];
  });
}

/**
 * When a sleeping machine is known to have run last. EC2 does not say when a
 * machine powered itself off; the machine does, by the moment of its last
 * report. Where it has said nothing, or something of the future, its last start
 * is what is known.
 */
function lastRanAt({ launchedAt, stoppedAt = launchedAt, report }: Machine, now: number): number {
  const reportedAt = report && report.since <= now ? report.since : launchedAt;
  return Math.max(launchedAt, stoppedAt, reportedAt);
}
