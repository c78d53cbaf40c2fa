import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { formatMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import { AwsError } from "../../aws/error.ts";
import type { ControllerAws } from "./aws.ts";
import type { Plan, Start } from "./decide.ts";

/** What became of a plan. */
export interface Outcome {
  started: Start[];
  /** Machines that EC2 did not start, with its code: `InsufficientInstanceCapacity`, … */
  notStarted: { start: Start; code: string }[];
  /** One sentence for each thing else that failed. */
  failures: string[];
}

/**
 * Does what was decided. One thing that fails keeps nothing else from being
 * done: the next call decides again by what is then the case.
 */
export async function act(
  plan: Plan,
  { environment }: Pick<ControllerConfiguration, "environment">,
  aws: ControllerAws,
): Promise<Outcome> {
  const outcome: Outcome = { started: [], notStarted: [], failures: [] };
  const attempt = async (doing: Promise<unknown>) => {
    try {
      await doing;
    } catch (error) {
      outcome.failures.push((error as Error).message);
    }
  };
  const put = (Name: string, Value: string) =>
    attempt(aws("ssm:PutParameter", { Name, Value, Type: "String", Overwrite: true }));

  // First of all, for it is what keeps machines from being paid for.
  for (const [fleet, setting] of Object.entries(plan.power)) {
    await put(fleetParameters(environment, fleet).power, JSON.stringify(setting));
  }
  await attempt(startMachines(plan.start, aws, outcome));
  if (plan.meter) await put(meterParameter(environment), formatMeter(plan.meter));
  return outcome;
}

/**
 * All in one call; where EC2 refuses that, which it does for the sake of any
 * one of them, each by itself.
 */
async function startMachines(starts: readonly Start[], aws: ControllerAws, outcome: Outcome): Promise<void> {
  if (starts.length === 0) return;
  const ask = (wanted: readonly Start[]) =>
    aws("ec2:StartInstances", { InstanceId: wanted.map(({ instanceId }) => instanceId) });
  try {
    await ask(starts);
    outcome.started.push(...starts);
    return;
  } catch (error) {
    // Throttled, or no answer: asking once for each would make it worse.
    if (!(error instanceof AwsError) || error.status === 0 || error.status >= 500 || starts.length === 1) {
      outcome.notStarted.push(...starts.map((start) => ({ start, code: codeOf(error) })));
      return;
    }
  }
  for (const start of starts) {
    try {
      await ask([start]);
      outcome.started.push(start);
    } catch (error) {
      outcome.notStarted.push({ start, code: codeOf(error) });
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof AwsError ? error.code : (error as Error).message;
}
