import { fleetParameters } from "../../contract/parameters.ts";
import type { Parameters } from "../clients/parameters.ts";
import type { Clock } from "../clock.ts";

/** So often is a change written that others write over. */
const maxWrites = 5;

/** Who had read the parameter before our write has written by then. */
const othersWithinMs = 2_000;

/**
 * Changes a fleet's `operator` parameter. SSM cannot compare and set, so two
 * operators at once can write over each other: after a while it is read again,
 * and changed again where the change is not in it.
 *
 * @param change what the value must become; undefined when it is so already
 * @returns `absent`: there is no such parameter
 * @throws Error when others go on writing over it; ServiceError
 */
export async function changeOperator(
  { parameters, clock }: { parameters: Parameters; clock: Clock },
  environment: string,
  fleet: string,
  change: (text: string) => string | undefined,
): Promise<"written" | "already" | "absent"> {
  const { operator: name } = fleetParameters(environment, fleet);
  for (let writes = 0; ; writes++) {
    const text = (await parameters.read([name])).get(name);
    if (text === undefined) return "absent";
    const next = change(text);
    if (next === undefined) return writes === 0 ? "already" : "written";
    if (writes === maxWrites) {
      throw new Error(
        `${name} was written ${maxWrites} times, and somebody else wrote over it each time. Find out who does, and run it again.`,
      );
    }
    await parameters.write(name, next);
    await clock.sleep(othersWithinMs);
  }
}
