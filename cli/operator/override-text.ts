import { parameterLength } from "../../contract/aws-limits.ts";
import { isDeepStrictEqual } from "node:util";
import { isObject, parseObject } from "../../contract/json.ts";
import {
  formatOverrideSetting,
  initialOverrideSetting,
  isCurrent,
  parseOverrideSetting,
  namedRunners,
} from "../../contract/override.ts";
import type { Override } from "../../contract/override.ts";

/** The JSON object of an `override` parameter, including keys that this version does not know. */
type Raw = Record<string, unknown>;

/** What an override applies to: a runner, by its name, or the whole fleet. */
export type OverrideTarget = string;

/** No runner has this name. */
export const wholeFleet: OverrideTarget = "";

/**
 * The value of the parameter `override` with an override for these places.
 * Overrides that have expired are removed. Everything else stays as it is:
 * whether the fleet is closing, other overrides, and keys that this version does
 * not know.
 *
 * @param text the parameter's value
 * @param now milliseconds since the epoch
 * @returns undefined when the parameter holds this override already
 */
export function withOverride(
  text: string,
  places: readonly OverrideTarget[],
  override: Override,
  now: number,
): string | undefined {
  return changed(text, now, (raw) => {
    const others = withoutPlaces(overridesOf(raw), places);
    const fleet = places.includes(wholeFleet) ? [{ ...override }] : [];
    const runners = places.filter((place) => place !== wholeFleet);
    return { ...raw, overrides: [...fleet, ...withRunners(others, runners, override)] };
  });
}

/** The value without the overrides for these places; undefined when it has none of them. */
export function withoutOverride(
  text: string,
  places: readonly OverrideTarget[],
  now: number,
): string | undefined {
  return changed(text, now, (raw) => ({ ...raw, overrides: withoutPlaces(overridesOf(raw), places) }));
}

/** The value for a fleet that was closing and is kept after all; undefined when it is open already. */
export function reopened(text: string, now: number): string | undefined {
  return changed(text, now, (raw) => ({ ...raw, closing: false, closingReason: undefined }));
}

/** The value that lets the fleet's machines retire; undefined when it is closing already. */
export function closed(text: string, reason: string, now: number): string | undefined {
  if (parseOverrideSetting(text)?.closing) return undefined;
  return changed(text, now, (raw) => ({ ...raw, closing: true, closingReason: reason }));
}

/** The closing alone, without overrides: for a parameter that has no room for both. */
export function closedAlone(reason: string): string {
  return formatOverrideSetting({ ...initialOverrideSetting, closing: true, closingReason: reason });
}

/** Whether the value is short enough for SSM. */
export function fits(text: string): boolean {
  return text.length <= parameterLength;
}

/** All places that have an override, and the whole fleet. */
export function placesIn(text: string): OverrideTarget[] {
  return [wholeFleet, ...new Set(overridesOf(readRaw(text)).flatMap(namedRunners))];
}

/** The override for a place. */
export function overrideAt(text: string, place: OverrideTarget): Override | undefined {
  const setting = parseOverrideSetting(text);
  return place === wholeFleet ? setting?.fleet : setting?.runners[place];
}

function changed(text: string, now: number, change: (raw: Raw) => Raw): string | undefined {
  const raw = readRaw(text);
  const kept = { ...raw, overrides: withoutExpired(overridesOf(raw), now) };
  const next = JSON.stringify(change(kept));
  // The order of the runners in an override has no meaning.
  const isSame = isDeepStrictEqual(parseOverrideSetting(next), parseOverrideSetting(JSON.stringify(kept)));
  return parseOverrideSetting(text) && isSame ? undefined : next;
}

/** Machines cannot read a damaged setting, so nothing in it is worth keeping. */
function readRaw(text: string): Raw {
  const raw = parseObject(text);
  return raw && parseOverrideSetting(text) ? raw : { closing: initialOverrideSetting.closing };
}

function overridesOf({ overrides }: Raw): Raw[] {
  return Array.isArray(overrides) ? overrides.filter(isObject) : [];
}

/** An override with an end that this version does not understand is kept: it may not have passed. */
function withoutExpired(overrides: readonly Raw[], now: number): Raw[] {
  return overrides.filter(
    ({ until }) => typeof until !== "string" || Number.isNaN(Date.parse(until)) || isCurrent({ until }, now),
  );
}

function withoutPlaces(overrides: readonly Raw[], places: readonly OverrideTarget[]): Raw[] {
  return overrides.flatMap((override) => {
    if (override.runners === undefined) return places.includes(wholeFleet) ? [] : [override];
    const runners = namedRunners(override).filter((runner) => !places.includes(runner));
    return runners.length === 0 ? [] : [{ ...override, runners }];
  });
}

/** Runners with the same override share one entry, which keeps the parameter short. */
function withRunners(others: readonly Raw[], runners: readonly OverrideTarget[], override: Override): Raw[] {
  if (runners.length === 0) return [...others];
  const saysSame = (other: Raw) =>
    other.runners !== undefined && isDeepStrictEqual({ ...other, runners }, { ...override, runners });
  const shared = others.filter(saysSame).flatMap(namedRunners);
  return [...others.filter((other) => !saysSame(other)), { ...override, runners: [...shared, ...runners] }];
}
