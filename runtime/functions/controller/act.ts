import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { formatMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import type { Start as JobStart, Spare } from "../demand.ts";
import { correctJobWake, writeJobWake } from "../job-table.ts";
import { startMachines } from "../start-machines.ts";
import type { StartFailure } from "../start-machines.ts";
import type { ControllerAws } from "./aws.ts";
import type { Plan } from "./decide.ts";
import type { Start } from "./starts.ts";

/** What became of a plan. */
export interface Outcome {
  started: Start[];
  /** Machines that EC2 did not start. */
  notStarted: StartFailure[];
  /** One sentence for each thing else that failed. */
  failures: string[];
}

/**
 * Does what was decided. One thing that fails keeps nothing else from being
 * done: the next call decides again by what is then the case.
 */
export async function act(
  plan: Plan,
  { environment, demand }: Pick<ControllerConfiguration, "environment" | "demand">,
  aws: ControllerAws,
  now: number,
): Promise<Outcome> {
  const outcome: Outcome = { started: [], notStarted: [], failures: [] };
  const attempt = async (doing: () => Promise<unknown>) => {
    try {
      await doing();
    } catch (error) {
      outcome.failures.push((error as Error).message);
    }
  };
  const put = (Name: string, Value: string) =>
    attempt(() => aws("ssm:PutParameter", { Name, Value, Type: "String", Overwrite: true }));

  // First of all, for it is what keeps machines from being paid for.
  for (const [fleet, setting] of Object.entries(plan.power)) {
    await put(fleetParameters(environment, fleet).power, JSON.stringify(setting));
  }
  const start = async <Any extends Start>(starts: readonly Any[], spares: readonly Spare[]) => {
    const done = await startMachines({ starts, spares }, aws);
    outcome.started.push(...done.started);
    outcome.notStarted.push(...done.failed);
    return done;
  };
  // Before the starts, which may take longer than this call has: what was spent is spent.
  await put(meterParameter(environment), formatMeter(plan.meter));
  await attempt(() => start(plan.start, []));
  if (plan.demand && demand) {
    const { starts, spares } = plan.demand;
    await attempt(() => startForJobs(starts, spares, demand.table));
  }
  return outcome;

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
    await inTurns(others, (one) =>
      attempt(() => correctJobWake(table, wakeOf(one), one.job, started.get(one.job.id), aws)),
    );
  }
}

/** Writes of the table that are under way at once: a thousand one after the other would take longer than a call may. */
const writesAtOnce = 25;

async function inTurns<Item>(items: readonly Item[], doing: (item: Item) => Promise<void>): Promise<void> {
  for (let index = 0; index < items.length; index += writesAtOnce) {
    await Promise.all(items.slice(index, index + writesAtOnce).map(doing));
  }
}
