import { serviceLabel } from "../../config/runs-on-labels.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import { leavingLabel, sameLabel } from "./labels.ts";

/**
 * Whether a machine has been in service before, by a label that no machine
 * registers with and each is given when it has been proven: the one that came
 * with its fleet's, or the one that `settle` has put in their place. Any other
 * label says nothing: somebody may have given it by hand. Machines register
 * without GitHub's own labels; whether GitHub lists a given `self-hosted` among
 * those is not known, so it counts there as well.
 *
 * @param entry of the machine; undefined: it has not registered yet
 */
export function wasInService(entry: RunnerEntry | undefined): boolean {
  const marks = [serviceLabel, leavingLabel];
  const labels = entry ? [...entry.systemLabels, ...entry.customLabels] : [];
  return labels.some((label) => marks.some(sameLabel(label)));
}
