import { setTimeout as delay } from "node:timers/promises";

/** Time as the agent sees it. */
export interface Clock {
  /** Milliseconds since the epoch: for time stamps and expiries. */
  now: () => number;
  /** Milliseconds that never jump: for durations. */
  monotonic: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds) => {
    await delay(milliseconds);
  },
};
