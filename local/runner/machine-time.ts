import { setTimeout as delay } from "node:timers/promises";

/** How often the clock is looked at, in milliseconds of the computer: its pace may change meanwhile. */
const lookMs = 50;

/** Waits for a moment of the machine's clock, which may run faster than the computer's. @param moment as of `Date.now()` */
export async function untilMoment(moment: number): Promise<void> {
  while (Date.now() < moment) await delay(Math.min(lookMs, moment - Date.now()));
}
