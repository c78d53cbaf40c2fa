import { formatMoment } from "../../contract/moment.ts";
import { Failure } from "../../contract/failure.ts";
import type { Override } from "../../contract/override.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import type { Output } from "../terminal/output.ts";
import { changeOverride } from "./change-override.ts";
import type { ChangeOutcome, OverrideCollaborators, OverrideEdit } from "./change-override.ts";
import { placesIn, wholeFleet, overrideAt, withoutOverride, withOverride } from "./override-text.ts";
import type { FleetSelection } from "../fleet/select-runners.ts";

export interface WriteCollaborators extends OverrideCollaborators {
  output: Output;
}

/** What was written to one fleet's `override` parameter. */
export type WrittenFleet = FleetSelection & ChangeOutcome;

/**
 * Writes an override for the selected fleets and runners, or removes their
 * overrides.
 *
 * @param override absent: the overrides are removed
 * @throws Failure when none of the fleets has an `override` parameter; ServiceError
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
    const holding = withoutOvertaken(each);
    if (holding) output.say(sentence(environment, holding, override));
    if (each.overtaken) output.say(overtakenSentence(environment, each.fleet, each.overtaken));
  }
  if (written.every(({ outcome }) => outcome === "absent")) {
    throw new Failure("Nothing was written. `pulumi up` creates the parameters of a fleet.");
  }
  return written;
}

/** Clearing a whole fleet removes the fleet's override and those of each of its runners. */
function editOf(runners: readonly string[] | undefined, override: Override | undefined): OverrideEdit {
  return {
    places: (text) => runners ?? (override ? [wholeFleet] : placesIn(text)),
    at: overrideAt,
    apply: (text, places, now) =>
      override ? withOverride(text, places, override, now) : withoutOverride(text, places, now),
  };
}

/** The part of the selection that now has the override; undefined: none of it. */
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
  return `Somebody else has changed the overrides for ${names.join(", ")} after you did, and the later change holds. \`longhaul status\` shows it.`;
}

function sentence(
  environment: string,
  { fleet, runners, outcome }: WrittenFleet,
  override: Override | undefined,
): string {
  const target = runners ? runners.join(", ") : `the fleet ${environment}-${fleet}`;
  switch (outcome) {
    case "absent":
      return `Cannot set the power of ${target}: the parameter ${fleetParameters(environment, fleet).override} does not exist. Is the fleet deployed (\`pulumi up\`)?`;
    case "already":
      return override
        ? `${describe(target, override)}. This override was set already.`
        : `There was no override for ${target} to remove.`;
    case "written":
      return override
        ? `${describe(target, override)}.`
        : `The overrides for ${target} are removed: budget, working hours and idle timeout decide again.`;
  }
}

function describe(target: string, { power, by, reason, until, overBudget }: Override): string {
  const end = until === undefined ? "until it is removed (--clear)" : `until ${formatMoment(until)}`;
  return `Power of ${target}: ${power}, set by ${by} (${reason}), ${end}${overBudget ? ", over the budget" : ""}`;
}
