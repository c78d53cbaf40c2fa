import type { Power } from "../../contract/parameters.ts";
import type { Clock } from "./clock.ts";

/** The input of the decision. Moments are milliseconds of the monotonic clock. */
export interface SleepRequest {
  /** Undefined: not read yet. */
  power: Power | undefined;
  /** The idle timeout in minutes, while power is on; undefined: there is none. */
  idleMinutes: number | undefined;
  /** When the machine was last used, as in {@link "./listener-watch".ListenerView.lastUsedAt}. */
  lastUsedAt: number;
}

/** When a machine may sleep, on the monotonic clock; computed at each look. Infinity: it stays awake. */
export type SleepTime = (desired: SleepRequest) => number;

/**
 * Machines with the same desired state leave at different moments, so that their
 * sessions do not all linger at GitHub when they are needed again. That includes
 * machines that were woken together and found no job. A machine that has just
 * started stays for a while, so that what it was started for can begin.
 *
 * @param random between 0 and 1, drawn again for each desired state
 */
export function sleepTime(
  { spreadSeconds, staySeconds }: { spreadSeconds: number; staySeconds: number },
  clock: Pick<Clock, "monotonic">,
  random: () => number,
): SleepTime {
  const stayUntil = clock.monotonic() + staySeconds * 1000;
  const spread = () => random() * spreadSeconds * 1000;
  const idleSpread = spread();
  let leaveAt: number | undefined;
  return ({ power, idleMinutes, lastUsedAt }) => {
    leaveAt = power === "off" ? (leaveAt ?? clock.monotonic() + spread()) : undefined;
    const idle =
      power === "on" && idleMinutes !== undefined ? lastUsedAt + idleMinutes * 60_000 + idleSpread : Infinity;
    return Math.max(stayUntil, leaveAt ?? idle);
  };
}
