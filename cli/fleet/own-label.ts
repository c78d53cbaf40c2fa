import type { RunnerEntry } from "../../observe/machine.ts";
import { sameLabel } from "./labels.ts";

/**
 * Whether GitHub lists a machine's own label and no other custom one. Only then
 * is a smoke test dispatched onto it, or a machine taken into service without
 * one: the list can lag, a machine that registers again can keep its earlier
 * labels, and people can add others by hand.
 *
 * What is listed is not all that counts: GitHub assigns jobs by labels in the
 * runner's own token, which change when that is refreshed.
 *
 * @see https://github.com/actions/runner/issues/4225
 */
export function hasOwnLabelAlone({ name, customLabels }: RunnerEntry): boolean {
  return customLabels.length === 1 && customLabels.every(sameLabel(name));
}

/** What GitHub lists in place of that, as the end of a sentence, and what to do. */
export function describeLabels({ name, customLabels }: RunnerEntry): string {
  const listed =
    customLabels.length === 0
      ? "without a label"
      : `with the ${customLabels.length === 1 ? "label" : "labels"} ${customLabels.join(", ")}`;
  return (
    `GitHub lists it ${listed}. Until it is proven it must have its own label alone (${name}): a user's job could reach it. ` +
    "Remove the other labels in GitHub's settings, or wait until GitHub has updated its list, then run the command again. " +
    "See docs/troubleshooting.md#other-labels."
  );
}
