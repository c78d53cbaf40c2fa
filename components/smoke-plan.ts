import type { SmokeTestConfiguration } from "../config/schema.ts";

/** What machines that are not tested in full run: long enough to see the beats of two minutes. */
const shortMinutes = 2;

/**
 * How long the smoke test holds a machine.
 *
 * @param number the runner's number in its fleet, counted from 1
 * @returns minutes
 */
export function smokeMinutes(
  { minutes, machines }: Pick<SmokeTestConfiguration, "minutes" | "machines">,
  number: number,
): number {
  return machines === "all" || number === 1 ? minutes : Math.min(minutes, shortMinutes);
}
