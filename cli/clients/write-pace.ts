import type { Clock } from "../clock.ts";

/** Writes that may follow each other at once, and milliseconds between those after them. */
const burst = 5;
const spacingMs = 1000;

/** Paces writes. */
export interface WritePace {
  /** Resolves when the next write may be made. */
  turn(): Promise<void>;
}

/**
 * GitHub asks for a second between a large number of writes, and counts them by
 * the minute. Octokit always waits a second between two writes, which a fleet of
 * a few machines does not need.
 *
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests
 */
export function createWritePace({ now, sleep }: Pick<Clock, "now" | "sleep">): WritePace {
  /** The time at which all writes so far would be done if they were a second apart. */
  let spentUntil = -Infinity;
  return {
    async turn() {
      const start = Math.max(spentUntil, now());
      spentUntil = start + spacingMs;
      const early = start - now() - (burst - 1) * spacingMs;
      if (early > 0) await sleep(early);
    },
  };
}
