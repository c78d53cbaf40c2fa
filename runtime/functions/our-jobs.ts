import { fleetForLabels } from "../../contract/job-labels.ts";
import type { LabelledFleet } from "../../contract/job-labels.ts";
import { fleetOfEntry } from "../../contract/names.ts";
import type { JobReport } from "./job-table.ts";

/** Rules for which jobs get into the table of waiting jobs, by a webhook delivery or by the sweep. */
export interface JobRules {
  environment: string;
  /** The organisation, or the repository's owner. */
  owner: string;
  /** Names of the repositories with jobs that count, without the owner. Absent: all of the owner's. */
  repositories?: readonly string[];
  /** In the order of the configuration. */
  fleets: readonly LabelledFleet[];
  /** The fleet that jobs without labels count for. */
  emptyLabels?: string;
}

/**
 * Whether a repository's jobs count. Names of owners and repositories ignore case.
 *
 * @param repository `owner/name`
 */
export function isAllowed(
  repository: string,
  { owner, repositories }: Pick<JobRules, "owner" | "repositories">,
): boolean {
  const [itsOwner, name] = repository.toLowerCase().split("/");
  if (itsOwner !== owner.toLowerCase()) return false;
  return repositories === undefined || repositories.some((allowed) => allowed.toLowerCase() === name);
}

/**
 * True for a job that a fleet could take, or that one of the environment's
 * machines has taken: a smoke test's job has no fleet's labels, but occupies its
 * machine.
 */
export function isOurs(
  { labels, runner }: Pick<JobReport, "labels" | "runner">,
  { environment, fleets, emptyLabels }: Pick<JobRules, "environment" | "fleets" | "emptyLabels">,
): boolean {
  if (fleetForLabels(labels, fleets, emptyLabels) !== undefined) return true;
  const fleet = runner === undefined ? undefined : fleetOfEntry(runner, environment);
  return fleets.some(({ name }) => name === fleet);
}
