import type { ControlledFleet, ControllerConfiguration } from "../../../contract/controller.ts";
import { hoursAt } from "../../../contract/hours.ts";
import type { HoursPower } from "../../../contract/hours.ts";
import { machineName } from "../../../contract/names.ts";
import { spentInMonth } from "../../../contract/meter.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import type { MachineState } from "../../../contract/tags.ts";
import { wishFor } from "../../../contract/wishes.ts";
import type { FleetSettings } from "../../../contract/wishes.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import { decideDemand, wakesPerJob } from "../demand.ts";
import type { Demand } from "../demand.ts";
import type { Disk, Machine } from "./machine.ts";
import { meterAssumptions, meterUntil } from "./meter.ts";
import type { MeterPrices } from "./meter.ts";
import { startsOf } from "./starts.ts";
import type { Start } from "./starts.ts";

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
  /** Ids of sleeping machines that nothing keeps asleep, and that are started later. */
  resting: readonly string[];
  /** Those that jobs wait for, and what was counted. Absent: nobody is woken for jobs. */
  demand?: Demand;
  meter: MeterRecord;
  /** A sentence for each thing that had to be assumed, for the log. */
  assumptions: readonly string[];
}

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
  const resting: string[] = [];
  for (const fleet of configuration.fleets) {
    const settings = seen.settings[fleet.name];
    if (!settings) continue;
    const hours = fleet.hours && hoursAt(fleet.hours, seen.now);
    const wanted = breach ?? powerByHours(fleet, hours);
    if (!saysTheSame(settings.power, wanted)) power[fleet.name] = wanted;
    const { machines, now } = seen;
    const starts = startsOf({ fleet, hours, settings: { ...settings, power: wanted }, machines, now });
    start.push(...starts.start);
    resting.push(...starts.resting);
  }
  const demand = configuration.demand && demandOf(configuration, seen, power, start);
  const assumptions = meterAssumptions(seen.meter, seen.now, seen, prices);
  return { power, start, resting, ...(demand && { demand }), meter, assumptions };
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
