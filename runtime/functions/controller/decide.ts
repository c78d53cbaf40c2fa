import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { workingHoursAt } from "../../../contract/working-hours.ts";
import { machineName } from "../../../contract/names.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import type { MachineState } from "../../../contract/tags.ts";
import { desiredFor } from "../../../contract/desired.ts";
import type { FleetSettings } from "../../../contract/desired.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import { decideDemand, wakesPerJob } from "./demand.ts";
import type { Demand } from "./demand.ts";
import { failedMachines, isBackingOff, recovered, withoutFailedWakes } from "./failed-starts.ts";
import type { FailedWake, NotStarted } from "./failed-starts.ts";
import type { ControlledMachine } from "./machine.ts";
import type { MeterPrices } from "./meter.ts";
import { powerByWorkingHours, powerByMoney, powerOf, saysTheSame } from "./power.ts";
import { costAt, metered } from "./spending.ts";
import type { MonthsCost } from "./spending.ts";
import type { Sighting } from "./sighting.ts";
import { startsOf } from "./starts.ts";
import type { MachineStart } from "./starts.ts";

/** What is to be done. Doing it twice is doing it once. */
export interface ControllerPlan {
  /** Power settings that are to be another than they are, by fleet. */
  power: Readonly<Record<string, PowerSetting>>;
  /** Sleeping machines that are to be awake, no job aside. */
  start: readonly MachineStart[];
  /** Ids of sleeping machines that nothing keeps asleep, and that are started later. */
  resting: readonly string[];
  /** Those that jobs wait for, and what was counted. Absent: nobody is woken for jobs. */
  demand?: Demand;
  /** Sleeping machines whose last start EC2 had agreed to and did not carry out, whether they are wanted or not. */
  notStarted: readonly NotStarted[];
  /** Ids of machines of which it is to be forgotten that their starts failed. */
  recovered: readonly string[];
  /** Wakes to be taken off their jobs: their machines did not come up. */
  failedWakes: readonly FailedWake[];
  /** Absent: it stays as it is. */
  meter?: MeterRecord;
  /** What the month has cost by all that is known. Absent: the meter could not be read. */
  spent?: MonthsCost;
  /** A sentence for each thing that had to be assumed, for the log. */
  assumptions: readonly string[];
}

/**
 * The one place where it is decided what the environment wants of its fleets.
 * It can want machines to be started and never to be stopped: they sleep by
 * themselves when power is off and no job is on them.
 */
export function decide(configuration: ControllerConfiguration, seen: Sighting): ControllerPlan {
  const { now, machines = [] } = seen;
  const { meter, assumptions } = metered(seen, pricesOf(configuration));
  const spent = meter && costAt(meter, Object.values(seen.settings), now);
  const byMoney = powerByMoney(configuration.budget?.monthlyUsd, spent, now);

  const power: Record<string, PowerSetting> = {};
  const start: MachineStart[] = [];
  const resting: string[] = [];
  for (const fleet of configuration.fleets) {
    const settings = seen.settings[fleet.name];
    if (!settings) continue;
    const hours = fleet.workingHours && workingHoursAt(fleet.workingHours, now);
    const wanted = powerOf(byMoney, powerByWorkingHours(fleet, hours), settings.power);
    if (!wanted) continue;
    if (!saysTheSame(settings.power, wanted)) power[fleet.name] = wanted;
    const starts = startsOf({
      fleet,
      workingHours: hours,
      settings: { ...settings, power: wanted },
      machines,
      now,
    });
    start.push(...starts.start);
    resting.push(...starts.resting);
  }
  const { jobs, failedWakes } = withoutFailedWakes(seen.jobs ?? [], machines, now);
  const isDemandSeen = configuration.demand && seen.jobs && seen.machines;
  return {
    power,
    start,
    resting,
    ...(isDemandSeen && { demand: demandOf(configuration, { ...seen, machines, jobs }, power, start) }),
    notStarted: failedMachines(machines),
    recovered: recovered(machines),
    failedWakes,
    ...(meter && seen.machines && { meter }),
    ...(spent && { spent }),
    assumptions,
  };
}

/** States in which a machine stays until somebody helps. Those that pass by themselves are waited for. */
const notReadyStates: ReadonlySet<string> = new Set<MachineState>(["boot-failed", "needs-token", "failed"]);

/**
 * Working hours and idle limits are nothing against a job that waits; an
 * operator's wish to sleep is, and the budget. Who is woken anyway is on its
 * way for the jobs as well.
 */
function demandOf(
  { demand }: ControllerConfiguration,
  {
    now,
    machines,
    jobs,
    settings,
  }: Pick<Sighting, "now" | "settings"> & {
    machines: readonly ControlledMachine[];
    jobs: readonly WaitingJob[];
  },
  power: ControllerPlan["power"],
  start: readonly MachineStart[],
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
    machines: machines.map((machine) => {
      const { id, runner, fleet, state, launchedAt, report, availabilityZone, failedStart } = machine;
      return {
        instanceId: id,
        name: machineName(runner, id),
        state: woken.has(id) ? "pending" : state,
        availabilityZone,
        // What it said before its last start says nothing of now.
        cannotTakeJobs:
          report !== undefined && report.since >= launchedAt && notReadyStates.has(report.state),
        mayStart: mayWork({ runner, instanceId: id }, settingsOf(fleet), now) && !isBackingOff(machine, now),
        hasFailedToStart: failedStart !== undefined,
      };
    }),
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
  // What could not be read may be an operator's wish to sleep, or the end of the money.
  if (!settings?.override || !settings.power) return false;
  const { listing, power, by } = desiredFor(machine, settings, now);
  return listing === "service" && (power === "on" || by === "working-hours");
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
