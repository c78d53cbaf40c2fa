import { serviceLabel } from "../../config/runs-on-labels.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import { leavingLabel, sameLabel } from "./labels.ts";

/**
 * True if a machine has been in service before. Its entry then has a label that no
 * machine registers with and that each gets once it is proven: one of its fleet's,
 * or the one with which `settle` has replaced them. Other labels prove nothing,
 * because people can add them by hand. Machines register without GitHub's own
 * labels. It is not known whether GitHub lists an added `self-hosted` among those,
 * so it counts there as well.
 *
 * @param entry of the machine; undefined: it has not registered yet
 */
export function wasInService(entry: RunnerEntry | undefined): boolean {
  const marks = [serviceLabel, leavingLabel];
  const labels = entry ? [...entry.systemLabels, ...entry.customLabels] : [];
  return labels.some((label) => marks.some(sameLabel(label)));
}
