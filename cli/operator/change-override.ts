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
  /** What it is about. @param text the parameter's value before anything is changed */
  places: (text: string) => readonly Place[];
  /** What stands there, to be compared. */
  at: (text: string, place: Place) => unknown;
  /** What the value must become; undefined when it is so already. @param now milliseconds since the epoch */
  apply: (text: string, places: readonly Place[], now: number) => string | undefined;
  /** What is written where that value has no room. Absent: the change is refused. */
  whenTooLong?: () => string;
}

/** What became of it. */
export interface ChangeOutcome {
  /** `absent`: there is no such parameter. */
  outcome: "written" | "already" | "absent";
  /** Places that somebody else changed meanwhile, and later: theirs stands. Absent: there are none. */
  overtaken?: string[];
}

export interface OverrideCollaborators {
  parameters: Parameters;
  clock: Clock;
  /** From 0 to below 1. */
  random?: () => number;
}

/** How often a change is written that others write over. */
const maxWrites = 8;

/** An operator who had read the parameter before our write has written by then. Milliseconds. */
const othersWithinMs = 2_000;

/**
 * Changes a fleet's `override` parameter. SSM cannot compare and set, so two
 * operators at once can write over each other: after a while it is read again.
 * Where the present value was made by somebody who had read ours, whatever it
 * says is a later decision and stands. Where it was not, our write was lost, and
 * is made again in the places that nobody else has changed. The waits are
 * random, so that several who have lost do not meet again.
 *
 * @throws Error when the value does not fit, or others go on writing over it; ServiceError
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
  return `${name} was written ${maxWrites} times, and somebody else wrote over it each time. Find out who does, and run it again.`;
}

function tooLong(name: string, environment: string, fleet: string, length: number): string {
  return (
    `The overrides of the fleet ${environment}-${fleet} are too many for one parameter: ${name} would have ${length} characters, ` +
    `and SSM takes ${parameterLength}. Nothing was written. Take back what is not needed any more (--clear), name several ` +
    "runners or the whole fleet (--fleet) in one command instead of one by one, and give a shorter --reason."
  );
}
