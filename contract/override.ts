/** The SSM parameter `override`: what operators set for a fleet in addition to its configuration. */

import { isObject, parseObject } from "./json.ts";
import type { Power } from "./parameters.ts";
import { isPower } from "./parameters.ts";
import { written } from "./written.ts";

/** One override of an operator. */
export interface Override {
  power: Power;
  /** Who asked, for example an IAM user name. */
  by: string;
  reason: string;
  /** ISO 8601 in UTC; absent: until an operator clears it. */
  until?: string;
  /** With power on: it holds although the month's budget is used up. */
  overBudget?: true;
}

/** The overrides of a fleet, as they are read. */
export interface OverrideSetting {
  /** The fleet is being removed: every machine retires once its job has ended. */
  closing: boolean;
  /** Who closed it and why, for the log. */
  closingReason?: string;
  fleet?: Override;
  /** By runner name. */
  runners: Record<string, Override>;
}

/** An override as it is written: for the named runners, or for the whole fleet. */
export interface WrittenOverride extends Override {
  runners?: readonly string[];
}

/** The same setting as it is written: an override that several runners share is written once. */
export interface WrittenOverrideSetting extends Pick<OverrideSetting, "closing" | "closingReason"> {
  overrides: readonly WrittenOverride[];
}

export const initialOverrideSetting: OverrideSetting = { closing: false, runners: {} };

/** The parameter's value for a setting. */
export function formatOverrideSetting({ fleet, runners, ...rest }: OverrideSetting): string {
  const shared = new Map<string, { override: Override; named: string[] }>();
  for (const [runner, override] of Object.entries(runners)) {
    const key = JSON.stringify(override);
    const known = shared.get(key);
    if (known) known.named.push(runner);
    else shared.set(key, { override, named: [runner] });
  }
  const ofRunners = [...shared.values()].map(({ override, named }) => ({ ...override, runners: named }));
  const setting: WrittenOverrideSetting = { ...rest, overrides: [...(fleet ? [fleet] : []), ...ofRunners] };
  return JSON.stringify(setting);
}

/**
 * Undefined: damaged. An override that cannot be understood is left out. Of two
 * overrides for the same runner, the last one holds.
 */
export function parseOverrideSetting(text: string | undefined): OverrideSetting | undefined {
  const value = parseObject(text);
  if (!value || typeof value.closing !== "boolean") return undefined;
  const { closing, closingReason, overrides } = value;
  const setting: OverrideSetting = {
    closing,
    ...(typeof closingReason === "string" && { closingReason }),
    runners: {},
  };
  for (const override of Array.isArray(overrides) ? overrides.filter(isObject) : []) {
    const parsed = parseOverride(override);
    if (!parsed) continue;
    if (override.runners === undefined) setting.fleet = parsed;
    else for (const runner of namedRunners(override)) setting.runners[runner] = parsed;
  }
  return setting;
}

/** The runners that an override names; none if the names are damaged. */
export function namedRunners({ runners }: Record<string, unknown>): string[] {
  return Array.isArray(runners) ? runners.filter((runner) => typeof runner === "string") : [];
}

/** False once its end has passed. @param now milliseconds since the epoch */
export function isCurrent({ until }: Pick<Override, "until">, now: number): boolean {
  return until === undefined || Date.parse(until) > now;
}

function parseOverride(value: Record<string, unknown>): Override | undefined {
  const { power, by, reason, until, overBudget } = value;
  if (!isPower(power) || typeof by !== "string" || typeof reason !== "string") return undefined;
  if (until !== undefined && (typeof until !== "string" || Number.isNaN(Date.parse(until)))) return undefined;
  return written<Override>({
    power,
    by,
    reason,
    until,
    overBudget: overBudget === true ? overBudget : undefined,
  });
}
