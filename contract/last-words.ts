import type { MachineState } from "./tags.ts";

/*
 * What a machine says before it powers off. The words stay on the instance for
 * as long as it is off, and nothing on it can correct them. So they tell what
 * put the machine to sleep and never what holds now: that is in asleep.ts.
 */

/** What a machine last said of itself. */
export interface LastWords {
  state: string;
  /** When it came to be in that state. Milliseconds since the epoch. */
  since: number;
}

/** The states that a machine reports on its way to a power-off of its own. */
export const lastWordStates: readonly string[] = [
  "leaving",
  "asleep",
  "retired",
] satisfies readonly MachineState[];

/** A machine's clock may be so far behind EC2's when it has just booted. */
const clockSkewMs = 2 * 60_000;

/**
 * Whether a machine said this after its last start. The tags of a machine that
 * has been started again hold what it said before it went down, until it speaks.
 *
 * @param launchedAt milliseconds since the epoch
 */
export function isOfThisLife({ state, since }: LastWords, launchedAt: number): boolean {
  // The boot script and EC2 tell whole seconds.
  const launched = Math.floor(launchedAt / 1000) * 1000;
  return since >= launched - (lastWordStates.includes(state) ? 0 : clockSkewMs);
}

const putToSleepBy = "Put to sleep by ";

/** Last words of a machine that had no job for as long as its fleet allows. */
export const idleTimeoutWords = `${putToSleepBy}its idle timeout.`;

/** Last words of a machine whose power was off. @param power who wanted it off, and why */
export function powerOffWords({ by, reason }: { by: string; reason: string }): string {
  return `${putToSleepBy}${by}: ${reason}.`;
}

/** Whether these are last words of a machine whose power was off, whoever wanted that. */
export function tellOfPowerOff(detail: string): boolean {
  return detail.startsWith(putToSleepBy) && detail !== idleTimeoutWords;
}
