import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { formatMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import type { Spare } from "../demand.ts";
import { writeJobWake } from "../job-table.ts";
import { startMachines } from "../start-machines.ts";
import type { StartFailure } from "../start-machines.ts";
import type { ControllerAws } from "./aws.ts";
import type { Plan, Start } from "./decide.ts";

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
    const { started, failed } = await startMachines({ starts, spares }, aws);
    outcome.started.push(...started);
    outcome.notStarted.push(...failed);
    return started;
  };
  await attempt(() => start(plan.start, []));
  if (plan.demand && demand) {
    const { starts, spares } = plan.demand;
    await attempt(async () => {
      for (const { instanceId, job } of await start(starts, spares)) {
        const wake = { id: job.id, wakesBefore: job.wakes, instanceId };
        await attempt(() => writeJobWake(demand.table, wake, now, aws));
      }
    });
  }
  await put(meterParameter(environment), formatMeter(plan.meter));
  return outcome;
}
