import type { PowerDown } from "./host.ts";

/** How often an armed timer looks at the cloud's clock, in milliseconds of the computer. */
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

/**
 * @param now the cloud's clock
 * @param delayLockMs how long somebody on the machine keeps it from going down, in milliseconds of the computer
 * @param goDown called once
 */
export function createPower(
  now: () => number,
  delayLockMs: number,
  goDown: (kind: PowerDown) => void,
): Power {
  let timer: NodeJS.Timeout | undefined;
  let going = false;
  const cancel = () => {
    clearInterval(timer);
  };
  const down = (kind: PowerDown) => {
    cancel();
    if (going) return false;
    going = true;
    setTimeout(goDown, delayLockMs, kind);
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
