import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { spentInMonth, totalOf } from "../../../contract/meter.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import { controllerMetrics } from "../../../contract/metrics.ts";
import { embeddedMetrics } from "../embedded-metrics.ts";
import { act } from "./act.ts";
import type { Outcome } from "./act.ts";
import type { ControllerAws } from "./aws.ts";
import { decide } from "./decide.ts";
import type { Plan, Sighting } from "./decide.ts";
import { liftDenial, looksAtDenial } from "./lift-denial.ts";
import { observe } from "./observe.ts";

export interface ControllerHost {
  configuration: ControllerConfiguration;
  aws: ControllerAws;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: (line: string) => void;
}

/**
 * Looks after the environment once: observe, decide, act. It does not matter
 * who calls, how often, or with what: an event says no more than that now is a
 * good time to look.
 *
 * @throws Error when something could not be seen or done, for Lambda to count; the next call tries again
 */
export async function control({ configuration, aws, now, log }: ControllerHost): Promise<void> {
  const seen = await observe(configuration, aws, now);
  const plan = decide(configuration, seen);
  const outcome = await act(plan, configuration, aws, seen.now);
  for (const line of describe(plan, outcome)) log(line);
  if (configuration.budget && looksAtDenial(seen.now)) {
    try {
      for (const line of await liftDenial(configuration.budget, aws)) log(line);
    } catch (error) {
      outcome.failures.push((error as Error).message);
    }
  }
  log(metricsOf(configuration, seen, plan, outcome));
  if (outcome.failures.length > 0) throw new Error(outcome.failures.join(" "));
}

/** What has changed, a line each. */
function describe({ power }: Plan, { started, notStarted }: Outcome): string[] {
  return [
    ...Object.entries(power).map(
      ([fleet, { power: to, by, reason }]) => `Power of ${fleet} is ${to} by ${by}: ${reason}.`,
    ),
    ...started.map(({ instanceId, fleet, reason }) => `Started ${instanceId} of ${fleet}: ${reason}.`),
    ...notStarted.map(
      ({ instanceId, fleet, code, message }) =>
        `Could not start ${instanceId} of ${fleet} (${code}): ${message} It is decided again in a minute.`,
    ),
  ];
}

function metricsOf(
  { environment, budget }: ControllerConfiguration,
  { now, machines }: Sighting,
  { meter, demand }: Plan,
  { started, notStarted }: Outcome,
): string {
  return embeddedMetrics({
    environment,
    now,
    counts: {
      [controllerMetrics.awake]: machines.filter(({ state }) => state === "running" || state === "pending")
        .length,
      [controllerMetrics.started]: started.length,
      [controllerMetrics.notStarted]: notStarted.length,
      ...(demand && {
        [controllerMetrics.waiting]: demand.counts.waiting,
        [controllerMetrics.unmatched]: demand.counts.unmatched,
        [controllerMetrics.leftAlone]: demand.counts.leftAlone,
        [controllerMetrics.noMachine]: demand.counts.noMachine,
      }),
    },
    ...(meter && { amounts: moneyOf(meter, budget?.monthlyUsd) }),
  });
}

function moneyOf(meter: MeterRecord, limit: number | undefined): Record<string, number> {
  const spent = spentInMonth(meter);
  const today = meter.days[meter.at.slice(8, 10)];
  return {
    [controllerMetrics.spent]: spent,
    [controllerMetrics.spentToday]: today ? totalOf(today) : 0,
    ...(limit !== undefined && { [controllerMetrics.budgetUsed]: (100 * spent) / limit }),
  };
}
