import { parameterLength } from "../../contract/aws-limits.ts";
import { isDeepStrictEqual } from "node:util";
import { isObject, parseObject } from "../../contract/json.ts";
import {
  formatOverrideSetting,
  initialOverrideSetting,
  isCurrent,
  parseOverrideSetting,
  runnersOf,
} from "../../contract/override.ts";
import type { Override } from "../../contract/override.ts";

/** An `override` parameter as it stands there, with what this version does not know. */
type Raw = Record<string, unknown>;

/** What an override can be for: a runner, by its name, or the whole fleet. */
export type OverrideTarget = string;

/** No runner has this name. */
export const wholeFleet: OverrideTarget = "";

/**
 * What `override` must become so that it holds an override for these places.
 * Everything else in it stays as it is (whether the fleet is closing, other
 * overrides, and what this version does not know), but for overrides that have
 * expired.
 *
 * @param text the parameter's value
 * @param now milliseconds since the epoch
 * @returns undefined when it says so already
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

/** The same for taking overrides back. */
export function withoutOverride(
  text: string,
  places: readonly OverrideTarget[],
  now: number,
): string | undefined {
  return changed(text, now, (raw) => ({ ...raw, overrides: withoutPlaces(overridesOf(raw), places) }));
}

/** And for a fleet that was closing and is not to be deleted after all. */
export function reopened(text: string, now: number): string | undefined {
  return changed(text, now, (raw) => ({ ...raw, closing: false, closingReason: undefined }));
}

/** What it must become so that the fleet's machines retire. */
export function closed(text: string, reason: string, now: number): string | undefined {
  if (parseOverrideSetting(text)?.closing) return undefined;
  return changed(text, now, (raw) => ({ ...raw, closing: true, closingReason: reason }));
}

/** The same without anything else, where there is no room for both. */
export function closedAlone(reason: string): string {
  return formatOverrideSetting({ ...initialOverrideSetting, closing: true, closingReason: reason });
}

/** Whether SSM takes the value. */
export function fits(text: string): boolean {
  return text.length <= parameterLength;
}

/** All places for which there is an override, and the whole fleet. */
export function placesIn(text: string): OverrideTarget[] {
  return [wholeFleet, ...new Set(overridesOf(readRaw(text)).flatMap(runnersOf))];
}

/** The override that stands at a place. */
export function overrideAt(text: string, place: OverrideTarget): Override | undefined {
  const setting = parseOverrideSetting(text);
  return place === wholeFleet ? setting?.fleet : setting?.runners[place];
}

function changed(text: string, now: number, change: (raw: Raw) => Raw): string | undefined {
  const raw = readRaw(text);
  const kept = { ...raw, overrides: withoutExpired(overridesOf(raw), now) };
  const next = JSON.stringify(change(kept));
  // Who stands in which order in an override is all the same.
  const isSame = isDeepStrictEqual(parseOverrideSetting(next), parseOverrideSetting(JSON.stringify(kept)));
  return parseOverrideSetting(text) && isSame ? undefined : next;
}

/** A damaged setting is one that no machine can read: there is nothing in it to keep. */
function readRaw(text: string): Raw {
  const raw = parseObject(text);
  return raw && parseOverrideSetting(text) ? raw : { closing: initialOverrideSetting.closing };
}

function overridesOf({ overrides }: Raw): Raw[] {
  return Array.isArray(overrides) ? overrides.filter(isObject) : [];
}

/** An end that this version does not understand has not passed. */
function withoutExpired(overrides: readonly Raw[], now: number): Raw[] {
  return overrides.filter(
    ({ until }) => typeof until !== "string" || Number.isNaN(Date.parse(until)) || isCurrent({ until }, now),
  );
}

function withoutPlaces(overrides: readonly Raw[], places: readonly OverrideTarget[]): Raw[] {
  return overrides.flatMap((override) => {
    if (override.runners === undefined) return places.includes(wholeFleet) ? [] : [override];
    const runners = runnersOf(override).filter((runner) => !places.includes(runner));
    return runners.length === 0 ? [] : [{ ...override, runners }];
  });
}

/** An override that says the same of other runners is named once for all of them. */
function withRunners(others: readonly Raw[], runners: readonly OverrideTarget[], override: Override): Raw[] {
  if (runners.length === 0) return [...others];
  const saysSame = (other: Raw) =>
    other.runners !== undefined && isDeepStrictEqual({ ...other, runners }, { ...override, runners });
  const shared = others.filter(saysSame).flatMap(runnersOf);
  return [...others.filter((other) => !saysSame(other)), { ...override, runners: [...shared, ...runners] }];
}
