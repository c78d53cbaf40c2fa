import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { spentInMonth, totalOf } from "../../../contract/meter.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import { controllerMetrics } from "../../../contract/metrics.ts";
import type { Send } from "../../aws/http.ts";
import { embeddedMetrics } from "../embedded-metrics.ts";
import { act } from "./act.ts";
import type { Outcome } from "./act.ts";
import type { ControllerAws } from "./aws.ts";
import { readCall } from "./call.ts";
import type { Call } from "./call.ts";
import { decide } from "./decide.ts";
import type { Plan, Sighting } from "./decide.ts";
import { liftDenial, looksAtDenial } from "./lift-denial.ts";
import { observe } from "./observe.ts";
import { isSweepDue, sweep } from "./sweep/sweep.ts";

export interface ControllerHost {
  configuration: ControllerConfiguration;
  aws: ControllerAws;
  /** To GitHub, for the sweep. */
  send: Send;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds of a clock that nobody sets, for time limits. */
  elapsed: () => number;
  log: (line: string) => void;
}

/**
 * Looks after the environment once: observe, decide, act. It does not matter
 * who calls, how often, or with what: an event says no more than that now is a
 * good time to look. Asking GitHub comes last, because it takes the longest and
 * nothing of this call waits for it: what it finds is for the next one.
 *
 * @throws Error when something could not be seen or done, for Lambda to count; the next call tries again
 */
export async function control(host: ControllerHost, event: unknown): Promise<void> {
  const { configuration, aws, now, log } = host;
  const call = readCall(event);
  const seen = await observe(configuration, aws, now);
  const plan = decide(configuration, seen);
  const outcome = await act(plan, configuration, aws, seen.now);
  outcome.failures.push(...seen.problems);
  for (const line of describe(plan, outcome, call)) log(line);
  log(metricsOf(configuration, seen, plan, outcome, call));
  await liftIfDue(host, call, seen, outcome);
  await sweepIfDue(host, call, seen);
  if (outcome.failures.length > 0) throw new Error(outcome.failures.join(" "));
}

/** A hint's call does not, nor does it sweep: there may be many within a minute. */
async function liftIfDue(
  { configuration, aws, log }: ControllerHost,
  { isHint }: Call,
  { now }: Sighting,
  { failures }: Outcome,
): Promise<void> {
  if (!configuration.budget || isHint || !looksAtDenial(now)) return;
  try {
    for (const line of await liftDenial(configuration.budget, aws)) log(line);
  } catch (error) {
    failures.push((error as Error).message);
  }
}

async function sweepIfDue(host: ControllerHost, { isHint }: Call, { now, jobs }: Sighting): Promise<void> {
  const { environment, demand } = host.configuration;
  if (!demand?.sweep || isHint || !isSweepDue(now)) return;
  await sweep({ ...host, configuration: { environment, demand } }, demand.sweep, jobs);
}

/** What has changed, and what was assumed, a line each. */
function describe(
  { power, assumptions }: Plan,
  { started, notStarted }: Outcome,
  { unread }: Call,
): string[] {
  return [
    ...(unread.length === 0
      ? []
      : [
          `Messages of the queue that are none, or of another version: ${unread.join(", ")}. ` +
            "They were counted, and nothing else comes of them.",
        ]),
    ...assumptions,
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
  { now, machines, strayDisks }: Sighting,
  { start, resting, meter, demand }: Plan,
  { started, notStarted }: Outcome,
  { unread }: Call,
): string {
  const isStarted = new Set(started.map(({ instanceId }) => instanceId));
  return embeddedMetrics({
    environment,
    now,
    counts: {
      [controllerMetrics.awake]: machines.filter(({ state }) => state === "running" || state === "pending")
        .length,
      [controllerMetrics.strayDisks]: strayDisks.length,
      [controllerMetrics.started]: started.length,
      [controllerMetrics.notStarted]: notStarted.length,
      [controllerMetrics.leftAsleep]:
        resting.length + start.filter(({ instanceId }) => !isStarted.has(instanceId)).length,
      ...(demand && {
        [controllerMetrics.waiting]: demand.counts.waiting,
        [controllerMetrics.unmatched]: demand.counts.unmatched,
        [controllerMetrics.leftAlone]: demand.counts.leftAlone,
        [controllerMetrics.noMachine]: demand.counts.noMachine,
        [controllerMetrics.unread]: unread.length,
      }),
    },
    amounts: moneyOf(meter, budget?.monthlyUsd),
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
