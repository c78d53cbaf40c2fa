import type { RunnerObservation } from "./runner-observation.ts";

/**
 * Milliseconds without a connection after which a listener no longer polls or
 * asks for a session (actions/runner#4444, #4446). Between two failed tries it
 * waits for a minute at most.
 */
export const hungAfterMs = 3 * 60_000;

/** Milliseconds for which GitHub must have answered the machine: as long as a listener may wait before its next try. */
export const reachableForMs = 75_000;

/**
 * True for a listener without a job that has not been connected for a while in
 * which the machine could reach GitHub: it takes no jobs any more.
 */
export function isHung(seen: RunnerObservation): boolean {
  const { now, listener, job, worker, disconnectedAt, reachableAt } = seen;
  if (!listener || job || worker || disconnectedAt === undefined || reachableAt === undefined) return false;
  return now - disconnectedAt >= hungAfterMs && now - reachableAt >= reachableForMs;
}

export const hungSentence =
  "The listener was not connected to GitHub for three minutes, although GitHub answers this machine: it is restarted.";
