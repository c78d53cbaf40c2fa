import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";
import { returnMs, stuckAfterMs, updateLimitMs } from "../../runtime/agent/decide.ts";
import { hungAfterMs } from "../../runtime/agent/hung-listener.ts";
import { endLimitMs, overdueAt } from "../../runtime/agent/job-limit.ts";
import type { Agent } from "./agent.ts";
import { desiredEndsAt } from "./fleet-reader.ts";

/** When the same observation would lead to another decision only because time has passed. */
export function nextChange(seen: RunnerObservation, agent: Agent, closely: boolean): number {
  const { now, lastActivityAt, quietMs, sleepAt, missedAt, exit, pendingJobEvidence, disconnectedAt } = seen;
  if (agent.eyes.behind || (closely && pendingJobEvidence !== undefined && now - lastActivityAt >= quietMs))
    return now;
  let first = desiredEndsAt(agent.machine, agent.reader, now);
  first = sooner(first, now, lastActivityAt + quietMs);
  first = sooner(first, now, lastActivityAt + stuckAfterMs);
  first = sooner(first, now, lastActivityAt + 2 * stuckAfterMs);
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
