import type { RunnerObservation } from "./runner-observation.ts";

/**
 * Milliseconds without a connection after which a listener has ceased to poll,
 * or to ask for a session (actions/runner#4444, #4446). Between two tries that
 * fail it waits for a minute at most.
 */
export const hungAfterMs = 3 * 60_000;

/** GitHub must have answered the machine for as long as a listener that is about to try again may wait. Milliseconds. */
export const reachableForMs = 75_000;

/**
 * It has no job, and has not been connected for a while in which GitHub could
 * be reached from the machine: it takes no job any more.
 */
export function isHung(seen: RunnerObservation): boolean {
  const { now, listener, job, worker, disconnectedAt, reachableAt } = seen;
  if (!listener || job || worker || disconnectedAt === undefined || reachableAt === undefined) return false;
  return now - disconnectedAt >= hungAfterMs && now - reachableAt >= reachableForMs;
}

export const hungSentence =
  "The listener had not been connected to GitHub for three minutes, although GitHub answers this machine: it is started anew.";
