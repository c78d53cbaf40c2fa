import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PowerDown } from "./host.ts";

/** How often an armed timer looks at the cloud's clock, and a machine on its way down at its delay lock, in milliseconds of the computer. */
const lookMs = 50;

/** The machine's way down, at once or by `shutdown`'s timer: what logind does. */
export interface Power {
  /** Goes down, once the delay locks are given up. False: it is about to already. */
  down(kind: PowerDown): boolean;
  /** Arms the timer; a later one replaces it. @param milliseconds of the cloud's time */
  schedule(kind: PowerDown, milliseconds: number): Date;
  /** Stops the timer. One that has run out is not stopped by it. */
  cancel(): void;
  /** It is going down, or about to: `PreparingForShutdown`. */
  preparing(): boolean;
}

/** What somebody on the machine has taken so that it does not go down yet. */
export interface DelayLock {
  /** Made here. Who removes it has given the lock up. */
  file: string;
  /** How long logind waits for that, in milliseconds of the computer; 0: there is no such lock. */
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
      // The clock may change its pace meanwhile, so the wait cannot be worked out beforehand.
      timer = setInterval(() => {
        if (now() >= at) down(kind);
      }, lookMs);
      return new Date(at);
    },
  };
}
