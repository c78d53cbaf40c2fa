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

/** What to do. It is idempotent. */
export interface ControllerPlan {
  /** New power settings, by fleet. Fleets that keep their setting are not in it. */
  power: Readonly<Record<string, PowerSetting>>;
  /** Sleeping machines to start, apart from those for queued jobs. */
  start: readonly MachineStart[];
  /** Ids of sleeping machines that no reason keeps asleep, and that are started later. */
  resting: readonly string[];
  /** Machines to start for queued jobs, and the counts. Absent: jobs wake no machines. */
  demand?: Demand;
  /** Sleeping machines of which EC2 accepted the last start and did not carry it out, whether or not they should be awake. */
  notStarted: readonly NotStarted[];
  /** Ids of machines of which the failed starts are forgotten, because they have run since. */
  recovered: readonly string[];
  /** Wakes to take off the counts of their jobs: their machines did not start. */
  failedWakes: readonly FailedWake[];
  /** Absent: the record stays as it is. */
  meter?: MeterRecord;
  /** The known costs of the month. Absent: the meter could not be read. */
  spent?: MonthsCost;
  /** A sentence for each assumption, for the log. */
  assumptions: readonly string[];
}

/**
 * The one place that decides what an environment does with its fleets. It can
 * start machines and never stops one: machines sleep by themselves when power is
 * off and they have no job.
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

/** States in which a machine stays until it gets help. States that pass by themselves are waited for. */
const notReadyStates: ReadonlySet<string> = new Set<MachineState>(["boot-failed", "needs-token", "failed"]);

/**
 * A queued job overrides working hours and the idle timeout, but neither an
 * operator's sleep override nor the budget. Machines that are being started for
 * another reason count as waking.
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
        // Its report from before its last start does not describe it now.
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
  // A setting that could not be read may be an operator's sleep override, or a budget that is used up.
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
