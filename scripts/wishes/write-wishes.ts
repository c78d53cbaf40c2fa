import { fleetParameters } from "../../contract/parameters.ts";
import type { OperatorWish } from "../../contract/parameters.ts";
import type { Parameters } from "../clients/parameters.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../output.ts";
import { changeOperator } from "./change-operator.ts";
import { withoutWish, withWish } from "./operator-text.ts";
import type { Selection } from "./selection.ts";

export interface WishCollaborators {
  parameters: Parameters;
  clock: Clock;
  output: Output;
}

/** One fleet's `operator` parameter after the writing. */
export interface WrittenFleet extends Selection {
  /** `absent`: the fleet has no such parameter. */
  outcome: "written" | "already" | "absent";
}

/**
 * Writes a wish for what is selected, or takes all wishes for it back.
 *
 * @param wish absent: taken back
 * @throws Error when none of the fleets has an `operator` parameter; ServiceError
 */
export async function writeWishes(
  { parameters, clock, output }: WishCollaborators,
  environment: string,
  selections: readonly Selection[],
  wish: OperatorWish | undefined,
): Promise<WrittenFleet[]> {
  const written = await Promise.all(
    selections.map(async ({ fleet, runners }): Promise<WrittenFleet> => {
      const outcome = await changeOperator({ parameters, clock }, environment, fleet, (text) =>
        wish ? withWish(text, runners, wish) : withoutWish(text, runners),
      );
      return { fleet, ...(runners && { runners }), outcome };
    }),
  );
  for (const each of written) output.say(sentence(environment, each, wish));
  if (written.every(({ outcome }) => outcome === "absent")) {
    throw new Error("Nothing was written. `pulumi up` makes the parameters of a fleet.");
  }
  return written;
}

function sentence(
  environment: string,
  { fleet, runners, outcome }: WrittenFleet,
  wish: OperatorWish | undefined,
): string {
  const who = runners ? runners.join(", ") : `the fleet ${environment}-${fleet}`;
  switch (outcome) {
    case "absent":
      return `There is no parameter ${fleetParameters(environment, fleet).operator}: nobody can wish anything of ${who}.`;
    case "already":
      return wish ? `${describe(who, wish)} already.` : `No operator's wish for ${who} was there.`;
    case "written":
      return wish
        ? `${describe(who, wish)}.`
        : `The operators' wishes for ${who} are taken back: working hours and budget decide.`;
  }
}

function describe(who: string, { power, by, reason, until, overBudget }: OperatorWish): string {
  const end = until === undefined ? "until it is taken back (--clear)" : `until ${until}`;
  return `Power of ${who} is wished ${power} by ${by} (${reason}) ${end}${overBudget ? ", over the budget" : ""}`;
}
