import type { Power } from "../../contract/parameters.ts";
import type { Clock } from "./clock.ts";

/** When a machine may sleep for a wish, on the monotonic clock; asked at each look, with what power is now. */
export type SleepTime = (power: Power | undefined) => number;

/**
 * Machines that share a wish leave at different moments, so that their
 * sessions do not all linger at GitHub when they are wanted again; and a
 * machine that has just started stays for a while, so that what it was started
 * for can begin.
 *
 * @param random between 0 and 1, drawn anew for each wish
 */
export function sleepTime(
  { spreadSeconds, staySeconds }: { spreadSeconds: number; staySeconds: number },
  clock: Pick<Clock, "monotonic">,
  random: () => number,
): SleepTime {
  const stayUntil = clock.monotonic() + staySeconds * 1000;
  let leaveAt: number | undefined;
  return (power) => {
    leaveAt = power === "off" ? (leaveAt ?? clock.monotonic() + random() * spreadSeconds * 1000) : undefined;
    return Math.max(stayUntil, leaveAt ?? Infinity);
  };
}
