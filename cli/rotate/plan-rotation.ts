import { pieces } from "../../contract/pieces.ts";
import type { DeclaredRunner } from "../../config/declared-runners.ts";
import type { ServingMachine } from "./choose-runners.ts";

/** What happens to one runner. */
export interface RotationStep {
  fleet: string;
  /** The runner's number in its fleet. */
  number: number;
  runner: string;
  /** Its generations, before and after. */
  from: number;
  to: number;
  /** Id of the machine that it has before; null where it has none in service. */
  machine: string | null;
}

/**
 * In which order runners get their new machines: so many at once, the rest
 * after them. What each is to become stands in the plan as a number, so that
 * doing a step twice comes to the same as doing it once.
 *
 * @param machines the machine in service, by runner
 * @param atOnce runners in a batch, from 1
 */
export function planRotation(
  runners: readonly DeclaredRunner[],
  machines: ReadonlyMap<string, ServingMachine>,
  atOnce: number,
): RotationStep[][] {
  const steps = runners.map(({ fleet, number, runner, generation }) => ({
    fleet,
    number,
    runner,
    from: generation,
    to: generation + 1,
    machine: machines.get(runner)?.instanceId ?? null,
  }));
  return pieces(steps, atOnce);
}
