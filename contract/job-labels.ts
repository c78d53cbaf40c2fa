/**
 * Which fleet a job is for, by the labels that its `runs-on` came to. GitHub
 * gives a job to any runner that has all of them, and ignores their case.
 */

/** A fleet as far as jobs see it. */
export interface LabelledFleet {
  /** The fleet's key in the configuration. */
  name: string;
  /** Every label of its machines in service, `self-hosted`, the system and the architecture among them. */
  labels: readonly string[];
}

/**
 * The fleet that a job counts for: the first one whose labels include all of
 * the job's. It is never more than one, so that no job wakes two machines.
 *
 * @param fleets in the order of the configuration
 * @param emptyLabels the fleet for jobs without any label (`runs-on` with a runner group alone). Absent: such jobs
 *   count for no fleet, because nothing shows that they are meant for these machines
 * @returns the fleet's name
 */
export function fleetForLabels(
  labels: readonly string[],
  fleets: readonly LabelledFleet[],
  emptyLabels?: string,
): string | undefined {
  if (labels.length === 0) return fleets.find(({ name }) => name === emptyLabels)?.name;
  const wanted = labels.map((label) => label.toLowerCase());
  return fleets.find((fleet) => {
    const own = new Set(fleet.labels.map((label) => label.toLowerCase()));
    return wanted.every((label) => own.has(label));
  })?.name;
}
