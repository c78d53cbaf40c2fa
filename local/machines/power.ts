import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PowerDown } from "./host.ts";

/**
 * Interval, in milliseconds of the computer, at which an armed timer reads the
 * cloud's clock, and at which a machine that is going down checks its delay
 * lock.
 */
const lookMs = 50;

/** The machine's shutdown, at once or by `shutdown`'s timer, as logind does it. */
export interface Power {
  /** Goes down once the delay locks are released. Returns false if it is already about to. */
  down(kind: PowerDown): boolean;
  /**
   * Arms the timer, which replaces an earlier one.
   *
   * @param milliseconds of the cloud's time
   */
  schedule(kind: PowerDown, milliseconds: number): Date;
  /** Stops the timer. A timer that has run out cannot be stopped. */
  cancel(): void;
  /** Whether it is going down, or about to: `PreparingForShutdown`. */
  preparing(): boolean;
}

/** A lock that delays the shutdown (systemd-inhibit, mode `delay`). */
export interface DelayLock {
  /** The file of the lock, which is made here. Removing it releases the lock. */
  file: string;
  /** How long logind waits for that, in milliseconds of the computer; 0: there is no lock. */
  maxMs: number;
}

/** A machine's delay lock, below its root. */
export const delayLockFile = "run/systemd/inhibit/1";

/**
 * @param now the cloud's clock
 * @param goDown called once
 */
export function createPower(now: () => number, lock: DelayLock, goDown: (kind: PowerDown) => void): Power {
  let timer: NodeJS.Timeout | undefined;
  let going = false;
  if (lock.maxMs > 0) {
    mkdirSync(dirname(lock.file), { recursive: true });
    writeFileSync(lock.file, "");
  }
  const cancel = () => {
    clearInterval(timer);
  };
  const down = (kind: PowerDown) => {
    cancel();
    if (going) return false;
    going = true;
    const limit = performance.now() + lock.maxMs;
    const waiting = setInterval(() => {
      if (existsSync(lock.file) && performance.now() < limit) return;
      clearInterval(waiting);
      goDown(kind);
    }, lookMs);
    return true;
  };
  return {
    down,
    cancel,
    preparing: () => going,
    schedule(kind, milliseconds) {
      const at = now() + milliseconds;
      cancel();
      // The clock's pace may change meanwhile, so the wait cannot be computed beforehand.
      timer = setInterval(() => {
        if (now() >= at) down(kind);
      }, lookMs);
      return new Date(at);
    },
  };
}
