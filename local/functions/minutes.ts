import type { Clock } from "../clock.ts";

/** Milliseconds of the computer between two looks at the cloud's clock. */
const lookEveryMs = 100;

/**
 * Minimum pause between two calls, in milliseconds of the computer. Where the
 * cloud's time runs fast, some of its minutes therefore get no call. A function
 * that is called each minute must cope with that on AWS too.
 */
const leastPauseMs = 1000;

/** Calls that are made each minute. */
export interface MinuteCalls {
  /** @param call resolves when it is done; the next call waits for that */
  add(name: string, call: () => Promise<unknown>): void;
  remove: (name: string) => void;
  stop(): void;
}

/** A clock that calls at the beginning of each minute of the cloud's time. */
export function createMinuteCalls(clock: Clock): MinuteCalls {
  const calls = new Map<string, { call: () => Promise<unknown>; minute: number; notBefore: number }>();
  const minuteNow = () => Math.floor(clock.now() / 60_000);
  const timer = setInterval(() => {
    const minute = minuteNow();
    for (const entry of calls.values()) {
      if (entry.minute === minute || performance.now() < entry.notBefore) continue;
      entry.minute = minute;
      entry.notBefore = Infinity;
      void entry.call().finally(() => {
        entry.notBefore = performance.now() + leastPauseMs;
      });
    }
  }, lookEveryMs);
  timer.unref();
  return {
    add(name, call) {
      calls.set(name, { call, minute: minuteNow(), notBefore: 0 });
    },
    remove(name) {
      calls.delete(name);
    },
    stop() {
      clearInterval(timer);
    },
  };
}
