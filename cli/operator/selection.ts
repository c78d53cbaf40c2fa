import { BadUsage } from "../exit-codes.ts";

/** A runner that configuration or machines know. */
export interface KnownRunner {
  fleet: string;
  runner: string;
}

/** What of one fleet is meant. */
export interface Selection {
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
 * @throws BadUsage for what nobody knows, with what is known
 */
export function select(known: readonly KnownRunner[], { fleet, runners }: SelectionFlags): Selection[] {
  const fleets = unique(known.map((each) => each.fleet));
  if (fleet !== undefined && !fleets.includes(fleet)) throw unknown("fleet", [fleet], fleets);
  const within = known.filter((each) => fleet === undefined || each.fleet === fleet);
  if (!runners) return (fleet === undefined ? fleets : [fleet]).map((each) => ({ fleet: each }));
  const names = unique(within.map(({ runner }) => runner));
  const strange = runners.filter((runner) => !names.includes(runner));
  if (strange.length > 0) throw unknown("runner", strange, names);
  const meant = within.filter(({ runner }) => runners.includes(runner));
  return unique(meant.map((each) => each.fleet)).map((each) => ({
    fleet: each,
    runners: unique(meant.filter((one) => one.fleet === each).map(({ runner }) => runner)),
  }));
}

/** Whether a runner is among what is meant. */
export function isSelected(selections: readonly Selection[], { fleet, runner }: KnownRunner): boolean {
  return selections.some((each) => each.fleet === fleet && (each.runners?.includes(runner) ?? true));
}

function unknown(what: "fleet" | "runner", names: readonly string[], known: readonly string[]): BadUsage {
  const are = known.length === 0 ? "there are none" : `they are ${known.join(", ")}`;
  return new BadUsage(`There is no ${what} ${names.join(", ")}: ${are}.`);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
