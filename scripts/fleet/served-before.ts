import type { RunnerEntry } from "../../observe/machine.ts";

/**
 * Whether a machine has been in service before. It registers with one label,
 * its own, and gets others only when it has been proven; they stay with its
 * entry for as long as that exists.
 *
 * @param entry of the machine; undefined: it has not registered yet
 */
export function servedBefore(entry: RunnerEntry | undefined): boolean {
  // GitHub compares labels without regard to case.
  const own = entry?.name.toLowerCase();
  return entry?.customLabels.some((label) => label.toLowerCase() !== own) ?? false;
}
