import { machineName } from "../../contract/names.ts";
import type { SmokeDispatchRequest, SmokeRun } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import { standingOf } from "../../observe/standing.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Job, WorkflowRuns } from "../clients/workflow-runs.ts";
import { pollUntil } from "../poll.ts";
import { followRun } from "./follow-run.ts";
import { judgeStart } from "./judge-start.ts";
import { explainRunWithoutJob } from "./run-without-job.ts";
import { servedBefore } from "../fleet/served-before.ts";
import { startRun } from "./start-run.ts";
import type { RunCollaborators } from "./start-run.ts";

export interface ProofCollaborators extends Omit<RunCollaborators, "runs"> {
  aws: Aws;
  github: Github;
}

/**
 * Proves one machine: the smoke test's job is in progress on it, or has ended
 * with success where that is asked for. A machine that has been in service
 * before is proven: it may be running a user's job of hours at this moment, and
 * a smoke test would only begin after that.
 *
 * @returns the run; undefined when none was needed
 * @throws Error with what was found; the run has been cancelled then, unless it had ended
 */
export async function proveMachine(
  collaborators: ProofCollaborators,
  request: SmokeDispatchRequest,
): Promise<SmokeRun | undefined> {
  const { github, clock, output } = collaborators;
  const { machine, smoke, wait } = request;
  const runs = github.runs(smoke);
  const expectedRunner = machineName(machine.runner, machine.instanceId);
  if (servedBefore(await github.runners.find(expectedRunner))) {
    output.say(`${expectedRunner} has been in service before: it needs no smoke test.`);
    return undefined;
  }
  const { run, minutes } = await startRun({ runs, clock, output }, request);
  const actualRunner = await awaitStart({ ...collaborators, runs }, request, run.id).catch(
    async (error: unknown) => {
      throw new Error(`${(error as Error).message} ${await cancelled(runs, run)}`, { cause: error });
    },
  );
  output.say(`The smoke test is in progress on ${actualRunner}.`);
  const proof: SmokeRun = {
    workflow: smoke.workflow,
    runId: run.id,
    runUrl: run.url,
    expectedRunner,
    actualRunner,
    minutes,
  };
  if (wait === "start") return proof;
  const { conclusion } = await followRun({ runs, clock, output }, { runId: run.id, minutes });
  if (conclusion === "success") return { ...proof, conclusion };
  throw new Error(`The smoke test of ${machine.runner} ended with ${conclusion}: ${run.url}`);
}

/** @returns the name of the runner that has the job: this machine */
async function awaitStart(
  { aws, github, runs, clock, output }: ProofCollaborators & RunCollaborators,
  { target, fleet, machine, smoke, onlineWithinMinutes }: SmokeDispatchRequest,
  runId: number,
): Promise<string> {
  const expected = machineName(machine.runner, machine.instanceId);
  const observe = async (sources: { github?: Github["runners"] } = {}): Promise<ObservedMachine> => {
    const filter = { environment: target.environment, fleet, machines: [machine] };
    return (await observeMachines({ ec2: aws.instances, ...sources }, filter))[0]!;
  };
  let jobs: readonly Job[] = [];
  const begun = await pollUntil(
    async () => {
      jobs = await runs.jobs(runId);
      const end = jobs.length === 0 ? explainRunWithoutJob(await runs.get(runId), smoke) : undefined;
      if (end !== undefined) throw new Error(end);
      const start = judgeStart(jobs);
      if (start.kind === "ended") {
        const where = start.runnerName === "" ? "before any runner had taken it" : `on ${start.runnerName}`;
        throw new Error(`The smoke test of ${machine.runner} ended with ${start.conclusion} ${where}.`);
      }
      if (start.kind === "begun") return start.runnerName;
      // GitHub is asked for the entry only when something looks wrong: its requests are counted.
      if (standingOf(await observe()).verdict === "failed") {
        const whole = await observe({ github: github.runners });
        if (standingOf(whole).verdict === "failed")
          throw new Error(notBegun(whole, jobs, "cannot begin its smoke test"));
      }
      output.progress(`Waiting for ${expected} to take its smoke test.`);
      return undefined;
    },
    { clock, limitMs: onlineWithinMinutes * 60_000, say: output.say },
  );
  if (begun === undefined) {
    const whole = await observe({ github: github.runners });
    throw new Error(notBegun(whole, jobs, `did not begin its smoke test within ${onlineWithinMinutes} min`));
  }
  if (begun === expected) return begun;
  throw new Error(
    `The smoke test of ${expected} was taken by the runner ${begun}: another runner has the machine's own label. ` +
      "See docs/troubleshooting.md#wrong-machine.",
  );
}

function notBegun(machine: ObservedMachine, jobs: readonly Job[], problem: string): string {
  const { verdict, nextStep } = standingOf(machine);
  const step =
    verdict === "online" ? "Look at the queue of the run. See docs/troubleshooting.md#no-job." : nextStep;
  return `Runner ${machine.runner} ${problem}: ${describeMachine(machine)}. ${describeQueue(jobs)} ${step}`;
}

/** What GitHub has made of the run. */
function describeQueue([job]: readonly Job[]): string {
  if (!job) return "GitHub has made no job of its run yet.";
  return job.status === "in_progress"
    ? "GitHub shows its job in progress and does not say on which runner."
    : `At GitHub its job is ${job.status}.`;
}

/** Cancels a run that proves nothing any more. @returns a sentence about it */
async function cancelled(runs: WorkflowRuns, { id, url }: { id: number; url: string }): Promise<string> {
  try {
    const { status } = await runs.get(id);
    if (status === "completed") return `The run has ended: ${url}`;
    await runs.cancel(id);
    return `The run has been cancelled: ${url}`;
  } catch (error) {
    return `The run could not be cancelled; do it by hand: ${url} (${(error as Error).message})`;
  }
}
