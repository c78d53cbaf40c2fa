import type { RunnerEntry } from "../../observe/machine.ts";

/** GitHub compares labels without regard to case. */
export const sameLabel = (a: string) => (b: string) => a.toLowerCase() === b.toLowerCase();

/**
 * The one label, besides its own, of a machine that was in service and no longer
 * is: no job asks for it, and it records that the machine was proven. Until GitHub
 * has refreshed the runner's token, jobs of its former labels can still come.
 */
export const leavingLabel = "longhaul-leaving";

/** The labels that an entry does not have yet, in the order given. */
export function missingLabels(entry: RunnerEntry, labels: readonly string[]): string[] {
  const present = [...entry.systemLabels, ...entry.customLabels];
  return labels.filter((label) => !present.some(sameLabel(label)));
}

/** The change for an entry that should have certain custom labels. */
export interface LabelChange {
  added: string[];
  removed: string[];
  /** All custom labels after the change. */
  wanted: string[];
}

/** @returns undefined if nothing has to change; labels that GitHub added by itself are left alone */
export function labelChange(entry: RunnerEntry, labels: readonly string[]): LabelChange | undefined {
  const wanted = labels.filter((label) => !entry.systemLabels.some(sameLabel(label)));
  const added = missingLabels(entry, wanted);
  const removed = entry.customLabels.filter((label) => !wanted.some(sameLabel(label)));
  return added.length + removed.length === 0 ? undefined : { added, removed, wanted };
}
