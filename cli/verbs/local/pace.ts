import { availableParallelism, loadavg } from "node:os";

/**
 * Seconds of the cloud in one second of the computer, while a long job or a
 * destroy is waited for: a minute of the job lasts 100 ms, so that a beat it
 * misses is a beat missed and not a rounding.
 */
const fastPace = 600;

/** Slower, a test of hours would take a busy computer too long. It leaves a process four seconds for its turn. */
const slowestPace = fastPace / 4;

/**
 * The pace at which a computer still carries the smoke test. That fails a
 * machine which is silent for ten of the cloud's minutes: one second at the full
 * pace, for which a process may well wait where many want to run.
 *
 * @param load processes that run or want to, on average over the last minute
 * @returns seconds of the cloud in one second of the computer, 150 to 600
 */
export function paceUnder(load: number, cores: number): number {
  return Math.max(slowestPace, Math.ceil(fastPace / Math.max(1, load / cores)));
}

/** The fastest pace that this computer carries now. */
export function fastestPace(): number {
  return paceUnder(loadavg()[0]!, availableParallelism());
}
