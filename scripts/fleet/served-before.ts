import { serviceLabel } from "../../components/runs-on-labels.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import { leavingLabel, sameLabel } from "./labels.ts";

/**
 * Whether a machine has been in service before, by a label that no machine
 * registers with and each is given when it has been proven: the one that came
 * with its fleet's, or the one that `settle` has put in their place. Any other
 * label says nothing: somebody may have given it by hand.
 *
 * @param entry of the machine; undefined: it has not registered yet
 */
export function servedBefore(entry: RunnerEntry | undefined): boolean {
  const marks = [serviceLabel, leavingLabel];
  return entry?.customLabels.some((label) => marks.some(sameLabel(label))) ?? false;
}
