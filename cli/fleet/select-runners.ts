import { BadUsage } from "../exit-codes.ts";

/** A runner in the configuration, or in the tag of a machine. */
export interface KnownRunner {
  fleet: string;
  runner: string;
}

/** The selected part of one fleet. */
export interface FleetSelection {
  fleet: string;
  /** Absent: the whole fleet. */
  runners?: string[];
}

/** What the command line names. */
export interface SelectionFlags {
  fleet?: string | undefined;
  runners?: readonly string[] | undefined;
}

/**
 * What the command line means: some runners, one fleet, or everything.
 *
 * @throws BadUsage for an unknown name, with the known ones
 */
export function select(known: readonly KnownRunner[], { fleet, runners }: SelectionFlags): FleetSelection[] {
  const fleets = unique(known.map((each) => each.fleet));
  checkNames("fleet", fleet === undefined ? [] : [fleet], fleets);
  const within = known.filter((each) => fleet === undefined || each.fleet === fleet);
  if (!runners) return (fleet === undefined ? fleets : [fleet]).map((each) => ({ fleet: each }));
  checkNames("runner", runners, unique(within.map(({ runner }) => runner)));
  const meant = within.filter(({ runner }) => runners.includes(runner));
  return unique(meant.map((each) => each.fleet)).map((each) => ({
    fleet: each,
    runners: unique(meant.filter((one) => one.fleet === each).map(({ runner }) => runner)),
  }));
}

/** Whether a runner is selected. */
export function isSelected(selections: readonly FleetSelection[], { fleet, runner }: KnownRunner): boolean {
  return selections.some((each) => each.fleet === fleet && (each.runners?.includes(runner) ?? true));
}

/** @throws BadUsage for unknown names, with the known ones */
export function checkNames(
  what: "fleet" | "runner",
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const others = known.length === 0 ? `There are no ${what}s at all` : `The ${what}s are ${known.join(", ")}`;
  throw new BadUsage(`There is no ${what} ${unknown.join(", ")}. ${others}.`);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
