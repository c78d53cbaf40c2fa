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

/** What became of a plan. */
export interface ActOutcome {
  started: MachineStart[];
  /** Machines that EC2 did not start. */
  notStarted: StartFailure[];
  /** What was thrown by each thing else that failed. */
  failures: unknown[];
}

/**
 * Milliseconds for what is written at once, for starting machines, and for writing down what became of the starts:
 * with those for looking less than a call may take, so that none of them costs what comes after it.
 */
const limitsMs = { write: 8_000, start: 18_000, correct: 5_000 };

/**
 * Does what was decided. One thing that fails keeps nothing else from being
 * done: the next call decides again by what is then the case.
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

  // First of all, for it is what keeps machines from being paid for; and what was spent is spent, whatever starts.
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

  /** Before new wakes: those are counted on what is then left. */
  async function takeBackFailedWakes(table: string) {
    await inTurns(plan.failedWakes, ({ id, wakes, wokenMachine: instanceId }) =>
      attempt(() => correctJobWake(table, { id, wakesBefore: wakes - 1, instanceId }, {}, undefined, aws)),
    );
  }

  /**
   * A wake is counted before its start: should this call die in between, a job
   * has lost one of its tries, and no job ever has one too many. What EC2 refused
   * to start is taken back, or a minute without capacity would cost a job its tries.
   * Whose wake cannot be counted, or was by another copy, is not started for here.
   */
  async function startForJobs(starts: readonly JobStart[], spares: readonly Spare[], table: string) {
    const wakeOf = ({ job, instanceId }: JobStart) => ({ id: job.id, wakesBefore: job.wakes, instanceId });
    const written = new Set<JobStart>();
    await inTurns(starts, (one) =>
      attempt(async () => {
        if ((await writeJobWake(table, wakeOf(one), now, aws)) === "written") written.add(one);
      }),
    );
    const counted = starts.filter((one) => written.has(one)); // In their order: who has waited for longest first.
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

/** Writes of the table that are under way at once: a thousand one after the other would take longer than a call may. */
const writesAtOnce = 25;

async function inTurns<Item>(items: readonly Item[], doing: (item: Item) => Promise<void>): Promise<void> {
  for (const some of pieces(items, writesAtOnce)) await Promise.all(some.map(doing));
}
