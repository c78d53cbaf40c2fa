import { Failure } from "../../contract/failure.ts";
import type { WorkflowRuns } from "../clients/workflow-runs.ts";
import { findNonce } from "./nonce.ts";
import type { RunPlace } from "./run-place.ts";

/**
 * The selected run, with its expected duration if Longhaul dispatched it.
 *
 * @throws Failure if the machine has no smoke test; ServiceError
 */
export async function findRun(
  runs: WorkflowRuns,
  { run: wanted, owner, repository }: RunPlace,
): Promise<{ runId: number; minutes?: number }> {
  const found = "id" in wanted ? await runs.get(wanted.id) : await newestOf(wanted.ofInstance);
  const minutes = findNonce(found.title)?.minutes;
  return { runId: found.id, ...(minutes !== undefined && { minutes }) };

  async function newestOf(instanceId: string) {
    const recent = await runs.recent();
    const run = recent.find(({ title }) => findNonce(title)?.instanceId === instanceId);
    if (run) return run;
    throw new Failure(
      `None of the newest runs of ${owner}/${repository} is a smoke test of ${instanceId}. Give the run's URL.`,
    );
  }
}
