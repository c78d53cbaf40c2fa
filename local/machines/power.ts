import type { PowerDown } from "./host.ts";

/** How often an armed timer looks at the cloud's clock, in milliseconds of the computer. */
const lookMs = 50;

/** The machine's way down, at once or by `shutdown`'s timer. */
export interface Power {
  down(kind: PowerDown): void;
  /** Arms the timer; a later one replaces it. @param milliseconds of the cloud's time */
  schedule(kind: PowerDown, milliseconds: number): Date;
  cancel(): void;
}

/**
 * @param now the cloud's clock
 * @param goDown called once
 */
export function createPower(now: () => number, goDown: (kind: PowerDown) => void): Power {
  let timer: NodeJS.Timeout | undefined;
  let going = false;
  const cancel = () => {
    clearInterval(timer);
  };
  const down = (kind: PowerDown) => {
    cancel();
    if (going) return;
    going = true;
    goDown(kind);
  };
  return {
    down,
    cancel,
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
