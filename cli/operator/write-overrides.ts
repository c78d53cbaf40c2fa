import { Failure } from "../../contract/failure.ts";
import type { Override } from "../../contract/override.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import type { Output } from "../terminal/output.ts";
import { formatMoment } from "../times/moment.ts";
import { changeOverride } from "./change-override.ts";
import type { ChangeOutcome, OverrideCollaborators, OverrideEdit } from "./change-override.ts";
import { placesIn, wholeFleet, overrideAt, withoutOverride, withOverride } from "./override-text.ts";
import type { FleetSelection } from "../fleet/select-runners.ts";

export interface WriteCollaborators extends OverrideCollaborators {
  output: Output;
}

/** One fleet's `override` parameter after the writing. */
export type WrittenFleet = FleetSelection & ChangeOutcome;

/**
 * Writes a wish for what is selected, or takes all wishes for it back.
 *
 * @param wish absent: taken back
 * @throws Error when none of the fleets has an `override` parameter; ServiceError
 */
export async function writeOverrides(
  { output, ...collaborators }: WriteCollaborators,
  environment: string,
  selections: readonly FleetSelection[],
  override: Override | undefined,
): Promise<WrittenFleet[]> {
  const written = await Promise.all(
    selections.map(async ({ fleet, runners }): Promise<WrittenFleet> => {
      const outcome = await changeOverride(collaborators, environment, fleet, editOf(runners, override));
      return { fleet, ...(runners && { runners }), ...outcome };
    }),
  );
  for (const each of written) {
    const told = withoutOvertaken(each);
    if (told) output.say(sentence(environment, told, override));
    if (each.overtaken) output.say(overtakenSentence(environment, each.fleet, each.overtaken));
  }
  if (written.every(({ outcome }) => outcome === "absent")) {
    throw new Failure("Nothing was written. `pulumi up` makes the parameters of a fleet.");
  }
  return written;
}

/** Those of a fleet are its own and those for each of its runners: all are taken back together. */
function editOf(runners: readonly string[] | undefined, override: Override | undefined): OverrideEdit {
  return {
    places: (text) => runners ?? (override ? [wholeFleet] : placesIn(text)),
    at: overrideAt,
    apply: (text, places, now) =>
      override ? withOverride(text, places, override, now) : withoutOverride(text, places, now),
  };
}

/** What of the selection is as it was to be; undefined: nothing. */
function withoutOvertaken({ overtaken = [], ...written }: WrittenFleet): WrittenFleet | undefined {
  const { runners } = written;
  if (!runners) return overtaken.includes(wholeFleet) ? undefined : written;
  const left = runners.filter((runner) => !overtaken.includes(runner));
  return left.length === 0 ? undefined : { ...written, runners: left };
}

function overtakenSentence(environment: string, fleet: string, overtaken: readonly string[]): string {
  const names = overtaken.map((place) =>
    place === wholeFleet ? `the fleet ${environment}-${fleet}` : place,
  );
  return `Somebody else has changed the overrides for ${names.join(", ")} meanwhile, after you: theirs stand. \`longhaul status\` shows them.`;
}

function sentence(
  environment: string,
  { fleet, runners, outcome }: WrittenFleet,
  override: Override | undefined,
): string {
  const who = runners ? runners.join(", ") : `the fleet ${environment}-${fleet}`;
  switch (outcome) {
    case "absent":
      return `There is no parameter ${fleetParameters(environment, fleet).override}: nobody can wish anything of ${who}.`;
    case "already":
      return override ? `${describe(who, override)} already.` : `No operator's wish for ${who} was there.`;
    case "written":
      return override
        ? `${describe(who, override)}.`
        : `The operators' wishes for ${who} are taken back: budget, working hours and idle timeout decide.`;
  }
}

function describe(who: string, { power, by, reason, until, overBudget }: Override): string {
  const end = until === undefined ? "until it is taken back (--clear)" : `until ${formatMoment(until)}`;
  return `Power of ${who} is wished ${power} by ${by} (${reason}) ${end}${overBudget ? ", over the budget" : ""}`;
}
