import { availableParallelism, loadavg } from "node:os";

/**
 * Seconds of the cloud in one real second, while a command waits for a long job or
 * a destroy. A minute of the job lasts 100 ms, long enough that a missed heartbeat
 * is a real one and not an effect of rounding.
 */
const fastPace = 600;

/** At a slower pace, a test of hours would take too long. It leaves a process four real seconds for its turn. */
const slowestPace = fastPace / 4;

/**
 * The pace at which a computer with this load can still run the smoke test. The
 * test fails a machine that is silent for ten minutes of the cloud. At the full
 * pace that is one real second, and on a busy computer a process may well wait that
 * long for its turn.
 *
 * @param load processes that run or want to, on average over the last minute
 * @returns seconds of the cloud in one real second, 150 to 600
 */
export function paceUnder(load: number, cores: number): number {
  return Math.max(slowestPace, Math.ceil(fastPace / Math.max(1, load / cores)));
}

/** The fastest pace at which this computer can run the smoke test now. */
export function fastestPace(): number {
  return paceUnder(loadavg()[0]!, availableParallelism());
}
