import { pieces } from "../../contract/pieces.ts";
import type { DeclaredRunner } from "../../config/declared-runners.ts";
import type { ServingMachine } from "./choose-runners.ts";

/** The plan for one runner. */
export interface RotationStep {
  fleet: string;
  /** The runner's number in its fleet. */
  number: number;
  runner: string;
  /** Its generations, before and after. */
  from: number;
  to: number;
  /** Id of its machine before; null if none is in service. */
  machine: string | null;
}

/**
 * The order in which runners get their new machines, in batches. The plan holds
 * each runner's new generation as a number, so that a repeated step has the same
 * result.
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
