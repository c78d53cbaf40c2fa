import type { MachineState } from "./tags.ts";

/*
 * What a machine reports before it powers off. The report stays on the stopped
 * instance, and nothing on the machine can correct it. So it says what put the
 * machine to sleep, not what holds now: asleep.ts says that.
 */

/** The last report of a machine. */
export interface LastWords {
  state: string;
  /** When it entered that state. Milliseconds since the epoch. */
  since: number;
}

/** The states that a machine reports before it powers itself off. */
export const lastWordStates: readonly string[] = [
  "leaving",
  "asleep",
  "retired",
] satisfies readonly MachineState[];

/** Milliseconds that the clock of a machine may be behind EC2's just after boot. */
const clockSkewMs = 2 * 60_000;

/**
 * True if a machine reported this after its last start. After a start, the tags
 * still hold the report from before it, until the machine writes a new one.
 *
 * @param launchedAt milliseconds since the epoch
 */
export function isOfThisLife({ state, since }: LastWords, launchedAt: number): boolean {
  // The boot script and EC2 give whole seconds.
  const launched = Math.floor(launchedAt / 1000) * 1000;
  return since >= launched - (lastWordStates.includes(state) ? 0 : clockSkewMs);
}

const putToSleepBy = "Put to sleep by ";

/** Last report of a machine that reached the fleet's idle timeout. */
export const idleTimeoutWords = `${putToSleepBy}its idle timeout.`;

/** Last report of a machine that stopped because its power was off. @param power who turned it off, and why */
export function powerOffWords({ by, reason }: { by: string; reason: string }): string {
  return `${putToSleepBy}${by}: ${reason}.`;
}

/** True for the last report of a machine that stopped because its power was off, whoever turned it off. */
export function tellOfPowerOff(detail: string): boolean {
  return detail.startsWith(putToSleepBy) && detail !== idleTimeoutWords;
}
