import * as z from "zod";
import type { DeclaredRunner } from "../../config/declared-runners.ts";
import { BadUsage } from "../exit-codes.ts";
import { isSelected, select } from "../fleet/select-runners.ts";
import { notUnderstood, parseSpan, spanForm } from "../times/span.ts";

/** Which runners to rotate, by the command line. Exactly one way, but `olderThan` may be within a `fleet`. */
export const rotationSelection = z.strictObject({
  fleet: z.string().exactOptional(),
  /** By name, for example `dev-cloud-1`. */
  runners: z.array(z.string()).exactOptional(),
  all: z.boolean().exactOptional(),
  /** Only runners that have an older machine: a span of time as it was written, for example `36h`. */
  olderThan: z.string().exactOptional(),
});
export type RotationSelection = z.output<typeof rotationSelection>;

/** The present machine of a runner. */
export interface ServingMachine {
  instanceId: string;
  /** The generation that it was made with; 0 if its tag is missing or damaged. */
  generation: number;
  /** When it was made, ISO 8601; absent if EC2 did not say. A stop and a start do not change it. */
  createdAt?: string;
}

/**
 * Refuses a selection that selects in no way, or in more than one.
 *
 * @throws BadUsage
 */
export function checkSelection({ fleet, runners, all, olderThan }: RotationSelection): void {
  const ways = [fleet ?? olderThan, runners, all].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new BadUsage(
      `Which runners? Use ${ways.length === 0 ? "one" : "only one"} of --fleet <name>, --runner <names...>, --all ` +
        "and --older-than <age>. Only --older-than and --fleet can be combined.",
    );
  }
  if (olderThan !== undefined && parseSpan(olderThan) === undefined) {
    throw notUnderstood("--older-than", olderThan, spanForm);
  }
}

/**
 * The selected runners. A machine of unknown age, and a runner without a machine,
 * never counts as older.
 *
 * @param machines the machine in service, by runner
 * @param now milliseconds since the epoch
 * @throws BadUsage for a name that the environment does not have, with the known names
 */
export function chooseRunners(
  { fleet, runners, olderThan }: RotationSelection,
  configured: readonly DeclaredRunner[],
  machines: ReadonlyMap<string, ServingMachine>,
  now: number,
): DeclaredRunner[] {
  const selections = select(configured, { fleet, runners });
  const isOldEnough = ({ runner }: DeclaredRunner) => {
    if (olderThan === undefined) return true;
    const createdAt = machines.get(runner)?.createdAt;
    return createdAt !== undefined && now - Date.parse(createdAt) > parseSpan(olderThan)!;
  };
  return configured.filter((one) => isSelected(selections, one) && isOldEnough(one));
}

/**
 * Makes sure that the stack file describes the existing machines: an `up` from a
 * checkout that lacks the last rotation would undo it.
 *
 * @throws BadUsage with the runners of which the file has another generation
 */
export function checkGenerations(
  configured: readonly DeclaredRunner[],
  machines: ReadonlyMap<string, ServingMachine>,
): void {
  const different = configured.flatMap(({ runner, generation }) => {
    const machine = machines.get(runner);
    return !machine || machine.generation === generation
      ? []
      : [
          `  ${runner}: generation ${generation}, and its machine ${machine.instanceId} has ${machine.generation}`,
        ];
  });
  if (different.length === 0) return;
  throw new BadUsage(
    `The stack file here has other generations than the machines in service:\n${different.join("\n")}\n` +
      "A rotation from it would change these as well. Get the stack file that they were made from (git pull), " +
      'or apply this one ("pulumi up"), then rotate.',
  );
}
