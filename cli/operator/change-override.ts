import { isDeepStrictEqual } from "node:util";
import { parameterLength } from "../../contract/aws-limits.ts";
import { Failure } from "../../contract/failure.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import type { Parameters } from "../clients/parameters.ts";
import type { Clock } from "../clock.ts";
import { fits } from "./override-text.ts";
import { hasWrite, withWrite } from "./write-ids.ts";

/** What is to be changed in a fleet's `override` parameter. */
export interface OverrideEdit<Place extends string = string> {
  /** The places to change. @param text the parameter's value before anything is changed */
  places: (text: string) => readonly Place[];
  /** The present setting of a place, for comparing. */
  at: (text: string, place: Place) => unknown;
  /** The changed value; undefined when nothing needs to change. @param now milliseconds since the epoch */
  apply: (text: string, places: readonly Place[], now: number) => string | undefined;
  /** What is written when that value is too long for SSM. Absent: the change is refused. */
  whenTooLong?: () => string;
}

/** The result of a change. */
export interface ChangeOutcome {
  /** `absent`: the parameter does not exist. */
  outcome: "written" | "already" | "absent";
  /** Places that another operator changed after us, so that the other's change stays. Absent: no such place. */
  overtaken?: string[];
}

export interface OverrideCollaborators {
  parameters: Parameters;
  clock: Clock;
  /** At least 0 and below 1. */
  random?: () => number;
}

/** How often a change is written before we give up because others overwrite it. */
const maxWrites = 8;

/** Milliseconds within which an operator who read the parameter before our write has written. */
const othersWithinMs = 2_000;

/**
 * Changes a fleet's `override` parameter. SSM has no compare-and-set, so two
 * operators at the same time can overwrite each other. For that reason the
 * parameter is read again after a wait. If the present value is based on ours, it
 * is a later decision and stays. If it is not, our write was lost. It is then
 * repeated for those places that no other operator has changed. The waits are
 * random, so that operators who lost their writes do not collide again.
 *
 * @throws Failure when the value does not fit, or others keep overwriting it; ServiceError
 */
export async function changeOverride<Place extends string>(
  { parameters, clock, random = Math.random }: OverrideCollaborators,
  environment: string,
  fleet: string,
  edit: OverrideEdit<Place>,
): Promise<ChangeOutcome> {
  const { override: name } = fleetParameters(environment, fleet);
  const read = async () => (await parameters.read([name])).get(name);
  const before = await read();
  if (before === undefined) return { outcome: "absent" };
  const all = edit.places(before);
  const id = random().toString(36).slice(2, 7);
  let text: string | undefined = before;
  let places = all;
  for (let writes = 0; ; writes++) {
    const next = edit.apply(text, places, clock.now());
    if (next === undefined) return outcome(writes === 0 ? "already" : "written");
    if (writes === maxWrites) throw new Failure(neverStays(name));
    let value = withWrite(next, id);
    if (!fits(value) && edit.whenTooLong) value = withWrite(edit.whenTooLong(), id);
    if (!fits(value)) throw new Failure(tooLong(name, environment, fleet, value.length));
    await parameters.write(name, value);
    await clock.sleep(othersWithinMs * (1 + random()));
    text = await read();
    if (text === undefined) return { outcome: "absent" };
    if (hasWrite(text, id)) return outcome("written");
    const [lost, was] = [text, before];
    places = places.filter((place) => isDeepStrictEqual(edit.at(lost, place), edit.at(was, place)));
    if (places.length === 0) return outcome("written");
  }

  function outcome(what: "written" | "already"): ChangeOutcome {
    const overtaken = all.filter((place) => !places.includes(place));
    return { outcome: what, ...(overtaken.length > 0 && { overtaken }) };
  }
}

function neverStays(name: string): string {
  return `${name} was written ${maxWrites} times, and somebody else overwrote it each time. Find out who changes it (CloudTrail: PutParameter), then run the command again.`;
}

function tooLong(name: string, environment: string, fleet: string, length: number): string {
  return (
    `The overrides of the fleet ${environment}-${fleet} do not fit into one parameter: ${name} would have ${length} characters, ` +
    `and SSM allows ${parameterLength}. Nothing was written. Remove overrides that are no longer needed (--clear), name several ` +
    "runners or the whole fleet (--fleet) in one command, or give a shorter --reason."
  );
}
