import type { Clock } from "../clock.ts";

/** Milliseconds of the computer between two looks at the cloud's clock. */
const lookEveryMs = 100;

/**
 * Milliseconds of the computer that are left between two calls at least: where
 * the cloud's time runs fast, some of its minutes get none. Who is called each
 * minute must not mind that on AWS either.
 */
const leastPauseMs = 1000;

/** What is called each minute. */
export interface MinuteCalls {
  /** @param call resolves when it is done: the next one waits for it */
  add(name: string, call: () => Promise<unknown>): void;
  remove: (name: string) => void;
  stop(): void;
}

/** A clock that calls at the beginning of each of the cloud's minutes. */
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
