import { pieces } from "../../../contract/pieces.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { formatMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import type { DemandStart as JobStart, Spare } from "./demand.ts";
import { correctJobWake, writeJobWake } from "../job-table.ts";
import { startMachines } from "./start-for-jobs.ts";
import type { StartFailure } from "./start-for-jobs.ts";
import type { ControllerAwsWithin } from "./aws.ts";
import type { ControllerPlan } from "./decide.ts";
import { forgetFailedStarts, rememberFailedStarts } from "./remember-starts.ts";
import type { MachineStart } from "./starts.ts";

/** The outcome of a plan. */
export interface ActOutcome {
  started: MachineStart[];
  /** Machines that EC2 did not start. */
  notStarted: StartFailure[];
  /** The errors of everything else that failed. */
  failures: unknown[];
}

/**
 * Milliseconds for immediate writes, for starting machines, and for recording the starts. Together with the time for
 * observing they are less than a call may take, so that none of them takes the time of what comes after it.
 */
const limitsMs = { write: 8_000, start: 18_000, correct: 5_000 };

/**
 * Carries out a plan. A step that fails does not prevent the others: the next
 * call decides again, by the state at that time.
 */
export async function act(
  plan: ControllerPlan,
  { environment, demand }: Pick<ControllerConfiguration, "environment" | "demand">,
  awsWithin: ControllerAwsWithin,
  now: number,
): Promise<ActOutcome> {
  const outcome: ActOutcome = { started: [], notStarted: [], failures: [] };
  const attempt = async (doing: () => Promise<unknown>) => {
    try {
      await doing();
    } catch (error) {
      outcome.failures.push(error);
    }
  };
  const writing = awsWithin(limitsMs.write);
  const put = (Name: string, format: () => string) =>
    attempt(() => writing("ssm:PutParameter", { Name, Value: format(), Type: "String", Overwrite: true }));

  // First, because power that is off is what stops costs; and money that is spent is spent, whatever starts.
  await Promise.all([
    ...Object.entries(plan.power).map(([fleet, setting]) =>
      put(fleetParameters(environment, fleet).power, () => JSON.stringify(setting)),
    ),
    ...(plan.meter ? [put(meterParameter(environment), () => formatMeter(plan.meter!))] : []),
  ]);

  const aws = awsWithin(limitsMs.start);
  const start = async <Any extends MachineStart>(wanted: readonly Any[], spares: readonly Spare[]) => {
    const { ready, failures } = await rememberFailedStarts(wanted, plan.notStarted, now, aws);
    outcome.failures.push(...failures);
    const done = await startMachines({ starts: ready, spares }, aws);
    outcome.started.push(...done.started);
    outcome.notStarted.push(...done.failed);
    return done;
  };
  await attempt(() => start(plan.start, []));
  if (demand) {
    await takeBackFailedWakes(demand.table);
    if (plan.demand) await startForJobs(plan.demand.starts, plan.demand.spares, demand.table);
  }
  if (plan.recovered.length > 0) await attempt(() => forgetFailedStarts(plan.recovered, aws));
  return outcome;

  /** Before new wakes, which count on the result. */
  async function takeBackFailedWakes(table: string) {
    await inTurns(plan.failedWakes, ({ id, wakes, wokenMachine: instanceId }) =>
      attempt(() => correctJobWake(table, { id, wakesBefore: wakes - 1, instanceId }, {}, undefined, aws)),
    );
  }

  /**
   * A wake is counted before its start. If this call dies in between, the job has lost one of its wakes; it never has one
   * too many. A start that EC2 refuses is taken off the count again: a minute without capacity must not use up the wakes.
   * Jobs whose wake could not be recorded, or was just recorded by a concurrent controller, are skipped.
   */
  async function startForJobs(starts: readonly JobStart[], spares: readonly Spare[], table: string) {
    const wakeOf = ({ job, instanceId }: JobStart) => ({ id: job.id, wakesBefore: job.wakes, instanceId });
    const written = new Set<JobStart>();
    await inTurns(starts, (one) =>
      attempt(async () => {
        if ((await writeJobWake(table, wakeOf(one), now, aws)) === "written") written.add(one);
      }),
    );
    const counted = starts.filter((one) => written.has(one)); // Still in order: the job that has waited longest is first.
    const started = new Map<string, string>();
    const unsure = new Set<string>();
    await attempt(async () => {
      const done = await start(counted, spares);
      for (const { job, instanceId } of done.started) started.set(job.id, instanceId);
      for (const { instanceId, mayHaveStarted } of done.failed) if (mayHaveStarted) unsure.add(instanceId);
    });
    const others = counted.filter(
      ({ job, instanceId }) => started.get(job.id) !== instanceId && !unsure.has(instanceId),
    );
    const correcting = awsWithin(limitsMs.correct);
    await inTurns(others, (one) =>
      attempt(() => correctJobWake(table, wakeOf(one), one.job, started.get(one.job.id), correcting)),
    );
  }
}

/** Concurrent writes to the table. A thousand sequential ones would take longer than a call may. */
const writesAtOnce = 25;

async function inTurns<Item>(items: readonly Item[], doing: (item: Item) => Promise<void>): Promise<void> {
  for (const some of pieces(items, writesAtOnce)) await Promise.all(some.map(doing));
}
