import { explained, Failure, sentenceOf } from "../../contract/failure.ts";
import { machineName } from "../../contract/names.ts";
import type { SmokeDispatchRequest, SmokeRun } from "../../contract/requests.ts";
import { written } from "../../contract/written.ts";
import type { Whole } from "../../contract/written.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { WorkflowRuns } from "../clients/workflow-runs.ts";
import { wasInService } from "../fleet/was-in-service.ts";
import { awaitOwnLabel } from "./await-own-label.ts";
import { awaitStart } from "./await-start.ts";
import { followRun } from "./follow-run.ts";
import { startRun, resumeRun } from "./start-run.ts";
import type { RunCollaborators, SmokeRunBegun } from "./start-run.ts";

export interface ProofCollaborators extends Omit<RunCollaborators, "runs"> {
  aws: Aws;
  github: Github;
}

/**
 * Proves one machine: the smoke test's job is in progress on it, or has ended
 * with success if that was requested. The test is dispatched once GitHub lists the
 * machine with its own label alone. A machine that has been in service before is
 * proven already: it may be running a user's job of hours, and a smoke test could
 * begin only after that.
 *
 * @returns the run; undefined if none was needed
 * @throws Failure with what was found; the run has been cancelled then, unless it had ended
 */
export async function proveMachine(
  collaborators: ProofCollaborators,
  request: SmokeDispatchRequest,
): Promise<Whole<SmokeRun> | undefined> {
  const { github, clock, output } = collaborators;
  const { machine, smoke, wait, onlineWithinMinutes } = request;
  const runs = github.runs(smoke);
  const expectedRunner = machineName(machine.runner, machine.instanceId);
  const end = clock.now() + onlineWithinMinutes * 60_000;
  const begun = await beginRun();
  if (!begun) {
    output.say(`${expectedRunner} has been in service before: it needs no smoke test.`);
    return undefined;
  }
  const { run, minutes } = begun;
  const actualRunner = await awaitStart({ ...collaborators, runs }, request, {
    runId: run.id,
    limitMs: end - clock.now(),
  }).catch(async (error: unknown) => {
    const end = await cancelled(runs, run, output.say);
    throw explained(error, (why) => `${why} ${end}`);
  });
  output.say(`The smoke test is in progress on ${actualRunner}.`);
  const proof = (conclusion?: string) =>
    written<SmokeRun>({
      workflow: smoke.workflow,
      runId: run.id,
      runUrl: run.url,
      expectedRunner,
      actualRunner,
      minutes,
      conclusion,
    });
  if (wait === "start") return proof();
  const { conclusion } = await followRun({ runs, clock, output }, { runId: run.id, minutes });
  if (conclusion === "success") return proof(conclusion);
  throw new Failure(`The smoke test of ${machine.runner} ended with ${conclusion}: ${run.url}`);

  /** @returns undefined for a machine that has been in service before */
  async function beginRun(): Promise<SmokeRunBegun | undefined> {
    if (wasInService(await github.runners.find(expectedRunner))) return undefined;
    const earlier = await resumeRun({ runs, output }, request);
    if (earlier) return earlier;
    const labels = await awaitOwnLabel(collaborators, request, end - clock.now());
    return labels === "served" ? undefined : startRun({ runs, clock, output }, request);
  }
}

/** Cancels a run that can prove nothing any more. @returns a sentence about it */
async function cancelled(
  runs: WorkflowRuns,
  { id, url }: { id: number; url: string },
  say: (line: string) => void,
): Promise<string> {
  try {
    const { status } = await runs.get(id);
    if (status === "completed") return `The run has ended: ${url}`;
    await runs.cancel(id);
    return `The run has been cancelled: ${url}`;
  } catch (error) {
    return `The run could not be cancelled; do it by hand: ${url} (${sentenceOf(error, say)})`;
  }
}
