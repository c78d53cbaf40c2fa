import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";
import { returnMs, stuckAfterMs, updateLimitMs } from "../../runtime/agent/decide.ts";
import { hungAfterMs } from "../../runtime/agent/hung-listener.ts";
import { endLimitMs, overdueAt } from "../../runtime/agent/job-limit.ts";
import type { Agent } from "./agent.ts";
import { wishEndsAt } from "./fleet-reader.ts";

/** When the same observation would make another decision only because time has passed. */
export function nextChange(seen: RunnerObservation, agent: Agent, closely: boolean): number {
  const { now, signAt, quietMs, sleepAt, missedAt, exit, trace, disconnectedAt } = seen;
  if (agent.eyes.behind || (closely && trace !== undefined && now - signAt >= quietMs)) return now;
  let first = wishEndsAt(agent.machine, agent.reader, now);
  first = sooner(first, now, signAt + quietMs);
  first = sooner(first, now, signAt + stuckAfterMs);
  first = sooner(first, now, signAt + 2 * stuckAfterMs);
  first = sooner(first, now, sleepAt);
  first = sooner(first, now, overdueAt(seen));
  if (seen.toldToEndAt !== undefined) first = sooner(first, now, seen.toldToEndAt + endLimitMs);
  if (missedAt !== undefined) first = sooner(first, now, missedAt + returnMs);
  if (exit) first = sooner(first, now, exit.at + updateLimitMs);
  if (disconnectedAt !== undefined) first = sooner(first, now, disconnectedAt + hungAfterMs);
  if (exit?.after.then === "restart") first = sooner(first, now, exit.at + exit.after.afterMs);
  return first;
}

function sooner(first: number, now: number, moment: number): number {
  return moment > now && moment < first ? moment : first;
}
