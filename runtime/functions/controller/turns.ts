/** Minutes between two turns of work that is not needed at each call. */
export const turnMinutes = 5;

/**
 * True if this call of the controller does the work. It depends on the time
 * alone, so no state is needed, and two concurrent controllers do no harm.
 *
 * @param minute of each turn; long work has minutes of its own
 * @param now milliseconds since the epoch
 */
export function isTurn(minute: number, now: number): boolean {
  return Math.floor(now / 60_000) % turnMinutes === minute;
}
