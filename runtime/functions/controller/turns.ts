/** Minutes between two turns of what need not be done at each call. */
export const turnMinutes = 5;

/**
 * Whether this call of the controller does it: by the moment, so that nobody
 * has to remember, and two copies at once are no harm.
 *
 * @param minute of each turn; those that may take long have another one each
 * @param now milliseconds since the epoch
 */
export function isTurn(minute: number, now: number): boolean {
  return Math.floor(now / 60_000) % turnMinutes === minute;
}
