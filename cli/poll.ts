import { isTransient } from "./clients/service-error.ts";
import type { Clock } from "./clock.ts";

/** Milliseconds of the first pause. Pauses grow, because a machine boots in minutes and an emulated one in a second. */
const firstPauseMs = 250;
const growth = 1.1;
/** A longer interval would make people wait noticeably. With a shorter one, a large fleet's commands would use up GitHub's hourly limit. */
const longestPauseMs = 15_000;

export interface PollOptions {
  clock: Clock;
  /** Milliseconds until polling gives up. There is always a first look, and a last one when the time is up. */
  limitMs: number;
  /** One line for the operator, for example that GitHub did not answer. */
  say: (line: string) => void;
}

/**
 * Calls `look` again and again until it finds something. A transient failure of a
 * service counts as having seen nothing.
 *
 * @returns what was found; undefined when the time is up
 * @throws what `look` throws, transient failures excepted unless the last look was one
 */
export async function pollUntil<Found>(
  look: () => Promise<Found | undefined>,
  { clock, limitMs, say }: PollOptions,
): Promise<Found | undefined> {
  const end = clock.now() + limitMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * growth, longestPauseMs)) {
    const isLast = clock.now() >= end;
    try {
      const found = await look();
      if (found !== undefined || isLast) return found;
    } catch (error) {
      if (!isTransient(error) || isLast) throw error;
      say(`${error.message} Trying again.`);
    }
    await clock.sleep(Math.min(pause, Math.max(0, end - clock.now())));
  }
}
