import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { sentenceOf } from "../../../contract/failure.ts";
import { withFullStop } from "../../../contract/full-stop.ts";
import { controllerMetrics } from "../../../contract/metrics.ts";
import type { Send } from "../../aws/http.ts";
import { embeddedMetrics } from "../embedded-metrics.ts";
import { act } from "./act.ts";
import type { ActOutcome } from "./act.ts";
import type { ControllerAwsWithin } from "./aws.ts";
import { readCall } from "./call.ts";
import type { CallEvent } from "./call.ts";
import { decide } from "./decide.ts";
import type { ControllerPlan } from "./decide.ts";
import type { Sighting } from "./sighting.ts";
import { liftDenial, looksAtDenial } from "./lift-denial.ts";
import { observe } from "./observe.ts";
import type { MonthsCost } from "./spending.ts";
import { isSweepDue, sweep } from "./sweep/sweep.ts";
import type { SweepHost } from "./sweep/sweep.ts";

export interface ControllerHost extends Pick<SweepHost, "kept" | "sleep"> {
  configuration: ControllerConfiguration;
  awsWithin: ControllerAwsWithin;
  /** To GitHub, for the sweep. */
  send: Send;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds of a monotonic clock, for time limits. */
  elapsed: () => number;
  log: (line: string) => void;
}

/** Milliseconds for observing. What does not answer in that time counts as not read, and delays nothing else. */
const lookLimitMs = 12_000;

/** Milliseconds for the last steps of a call. */
const restLimitMs = 20_000;

/** Milliseconds of a call after which it begins nothing long any more: it has 50 seconds. */
const lateMs = 25_000;

/**
 * Looks after the environment once: observe, decide, act. It does not matter
 * what calls it, how often, or with which event: an event only means that now is
 * a good time to look. GitHub is asked last, because that takes longest and
 * nothing in this call needs the answer: the next call does.
 *
 * @throws AggregateError of everything that could not be read or done, for Lambda to count; the next call tries again
 */
export async function control(host: ControllerHost, event: unknown): Promise<void> {
  const { configuration, awsWithin, now, elapsed, log } = host;
  const begun = elapsed();
  const call = readCall(event);
  const seen = await observe(configuration, awsWithin(lookLimitMs), now);
  const plan = decide(configuration, seen);
  const outcome = await act(plan, configuration, awsWithin, seen.now);
  for (const line of logLines(plan, outcome, call)) log(line);
  log(metricsOf(configuration, seen, plan, outcome, call));
  const failures: unknown[] = [...seen.problems, ...outcome.failures];
  if (elapsed() - begun < lateMs) {
    await liftIfDue(host, call, seen, failures);
    await sweepIfDue(host, call, seen);
  }
  if (failures.length > 0) throw errorOf(failures, log);
}

/**
 * One error for everything that failed. Lambda prints its name, its message and its stack, but neither the errors in it
 * nor their causes. So the message has the sentence of each, and the log has the stacks of faults.
 *
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/utils/error.ts
 */
function errorOf(failures: readonly unknown[], log: (text: string) => void): AggregateError {
  return new AggregateError(failures, failures.map((each) => sentenceOf(each, log)).join(" "));
}

/** A call by a hint neither lifts a denial nor sweeps: there may be many hints within a minute. */
async function liftIfDue(
  { configuration, awsWithin, log }: ControllerHost,
  { isHint }: CallEvent,
  { now }: Sighting,
  failures: unknown[],
): Promise<void> {
  const budget = configuration.budget?.awsBudget;
  if (!budget || isHint || !looksAtDenial(now)) return;
  try {
    for (const line of await liftDenial(budget, awsWithin(restLimitMs))) log(line);
  } catch (error) {
    failures.push(error);
  }
}

async function sweepIfDue(
  host: ControllerHost,
  { isHint }: CallEvent,
  { now, jobs }: Sighting,
): Promise<void> {
  const { environment, demand } = host.configuration;
  // If the table cannot be read, every job that GitHub lists would look new.
  if (!demand?.sweep || !jobs || isHint || !isSweepDue(now)) return;
  const aws = host.awsWithin(restLimitMs);
  await sweep({ ...host, aws, configuration: { environment, demand } }, demand.sweep, jobs);
}

/** Changes, assumptions, and starts that EC2 did not carry out, one line each. Failures are in the error that is thrown. */
function logLines(
  { power, assumptions, notStarted: failed }: ControllerPlan,
  { started, notStarted }: ActOutcome,
  { unread }: CallEvent,
): string[] {
  return [
    ...(unread.length === 0
      ? []
      : [
          `Messages of the queue are malformed or of an unknown version: ${unread.join(", ")}. ` +
            "They are counted and otherwise ignored.",
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
    ...[...new Set(failed.map(({ why }) => why))].map((why) => {
      const machines = failed.filter((each) => each.why === why);
      return (
        `EC2 agreed to start ${machines.length} machine(s) and did not: ${withFullStop(why)} Where they are wanted, ` +
        "they are tried again, a minute after the first time and an hour after the last ones: " +
        `${machines.map(({ instanceId, count }) => `${instanceId} (failed ${count} ×)`).join(", ")}.`
      );
    }),
  ];
}

function metricsOf(
  { environment, budget, demand: waits }: ControllerConfiguration,
  { now, machines, strayDisks, problems }: Sighting,
  { start, resting, meter, spent, demand, notStarted: failed }: ControllerPlan,
  { started, notStarted, failures }: ActOutcome,
  { unread }: CallEvent,
): string {
  const isStarted = new Set(started.map(({ instanceId }) => instanceId));
  return embeddedMetrics({
    environment,
    now,
    counts: {
      ...(machines && {
        [controllerMetrics.awake]: machines.filter(({ state }) => state === "running" || state === "pending")
          .length,
      }),
      ...(strayDisks && { [controllerMetrics.strayDisks]: strayDisks.length }),
      [controllerMetrics.started]: started.length,
      [controllerMetrics.notStarted]: new Set([...failed, ...notStarted].map(({ instanceId }) => instanceId))
        .size,
      [controllerMetrics.leftAsleep]:
        resting.length + start.filter(({ instanceId }) => !isStarted.has(instanceId)).length,
      [controllerMetrics.readsFailed]: problems.length,
      [controllerMetrics.writesFailed]: failures.length,
      ...(demand && {
        [controllerMetrics.waiting]: demand.counts.waiting,
        [controllerMetrics.unmatched]: demand.counts.unmatched,
        [controllerMetrics.leftAlone]: demand.counts.leftAlone,
        [controllerMetrics.noMachine]: demand.counts.noMachine,
      }),
      ...(waits && { [controllerMetrics.unread]: unread.length }),
    },
    // A meter that could not go on publishes nothing: an alarm watches for that.
    ...(meter && spent && { amounts: moneyOf(spent, budget?.monthlyUsd) }),
  });
}

function moneyOf({ month, today }: MonthsCost, limit: number | undefined): Record<string, number> {
  return {
    [controllerMetrics.spent]: month,
    [controllerMetrics.spentToday]: today,
    ...(limit !== undefined && { [controllerMetrics.budgetUsed]: (100 * month) / limit }),
  };
}
