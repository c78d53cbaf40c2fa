import { Failure } from "../../contract/failure.ts";
import { machineName } from "../../contract/names.ts";
import type { SmokeDispatchRequest } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { readinessOf } from "../../observe/readiness.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { WorkflowJob } from "../clients/workflow-runs.ts";
import { pollUntil } from "../poll.ts";
import { judgeStart } from "./judge-start.ts";
import { observeOne } from "./observe-one.ts";
import { explainRunWithoutJob } from "./run-without-job.ts";
import type { RunCollaborators } from "./start-run.ts";

/**
 * Waits until the run's job is on the machine.
 *
 * @param limitMs milliseconds until it gives up
 * @returns the name of the runner that has the job: this machine
 * @throws Failure with what is known of the machine and the job
 */
export async function awaitStart(
  { aws, github, runs, clock, output }: RunCollaborators & { aws: Aws; github: Github },
  request: SmokeDispatchRequest,
  { runId, limitMs }: { runId: number; limitMs: number },
): Promise<string> {
  const { machine, smoke, onlineWithinMinutes } = request;
  const expected = machineName(machine.runner, machine.instanceId);
  let jobs: readonly WorkflowJob[] = [];
  const begun = await pollUntil(
    async () => {
      jobs = await runs.jobs(runId);
      const end = jobs.length === 0 ? explainRunWithoutJob(await runs.get(runId), smoke) : undefined;
      if (end !== undefined) throw new Failure(end);
      const start = judgeStart(jobs);
      if (start.kind === "ended") {
        const where = start.runnerName === "" ? "before any runner had taken it" : `on ${start.runnerName}`;
        throw new Failure(`The smoke test of ${machine.runner} ended with ${start.conclusion} ${where}.`);
      }
      if (start.kind === "begun") return start.runnerName;
      // GitHub is asked for the entry only if something looks wrong: its requests are limited.
      if (readinessOf(await observeOne({ aws }, request)).verdict === "failed") {
        const whole = await observeOne({ aws, github }, request);
        if (readinessOf(whole).verdict === "failed")
          throw new Failure(notBegun(whole, jobs, "cannot begin its smoke test"));
      }
      output.progress(`Waiting for ${expected} to take its smoke test.`);
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  if (begun === undefined) {
    const whole = await observeOne({ aws, github }, request);
    throw new Failure(
      notBegun(whole, jobs, `did not begin its smoke test within ${onlineWithinMinutes} min`),
    );
  }
  if (begun === expected) return begun;
  throw new Failure(
    `The smoke test of ${expected} was taken by the runner ${begun}: another runner has the machine's own label. ` +
      "See docs/troubleshooting.md#wrong-machine.",
  );
}

function notBegun(machine: ObservedMachine, jobs: readonly WorkflowJob[], problem: string): string {
  const { verdict, nextStep } = readinessOf(machine);
  const step =
    verdict === "online" ? "Look at the queue of the run. See docs/troubleshooting.md#no-job." : nextStep;
  return `Runner ${machine.runner} ${problem}: ${describeMachine(machine)}. ${describeQueue(jobs)} ${step}`;
}

/** The state of the run at GitHub. */
function describeQueue([job]: readonly WorkflowJob[]): string {
  if (!job) return "GitHub has made no job of its run yet.";
  return job.status === "in_progress"
    ? "GitHub shows its job in progress and does not say on which runner."
    : `At GitHub its job is ${job.status}.`;
}
