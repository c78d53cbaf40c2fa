import { parse, stringify } from "yaml";
import { Failure } from "../../contract/failure.ts";
import type { AcquiredJob } from "./exchange.ts";

/** One job of a workflow file, ready for `act`. */
export interface IsolatedJob {
  /** The workflow with only this job. */
  text: string;
  steps: { id: string; name: string }[];
  /** The job's `outputs`, not evaluated. */
  outputs: Record<string, unknown>;
}

interface WorkflowStep {
  id?: string;
  name?: string;
  run?: string;
  uses?: string;
}

interface WorkflowJob {
  steps?: WorkflowStep[];
  outputs?: Record<string, unknown>;
}

/**
 * Isolates one job of a workflow, because a runner gets one job while `act`
 * runs a whole workflow. Jobs that it needs become finished jobs with their
 * outputs. The time limit is left to GitHub, which counts it by the cloud's
 * clock; `act` would count it by the computer's.
 */
export function isolateJob({ workflowText, jobKey, needs = {} }: AcquiredJob): IsolatedJob {
  const workflow = parse(workflowText) as Record<string, unknown> & { jobs: Record<string, WorkflowJob> };
  const job = workflow.jobs[jobKey];
  if (!job) throw new Failure(`The workflow has no job "${jobKey}".`);
  const jobs: Record<string, unknown> = {};
  for (const [key, { result, outputs }] of Object.entries(needs)) {
    jobs[key] = {
      "runs-on": "self-hosted",
      outputs,
      steps: [{ run: result === "success" ? "true" : "false" }],
    };
  }
  jobs[jobKey] = { ...job, needs: Object.keys(needs), "timeout-minutes": undefined };
  return {
    text: stringify({ ...workflow, jobs }),
    steps: (job.steps ?? []).map((step, index) => ({ id: step.id ?? String(index), name: stepName(step) })),
    outputs: job.outputs ?? {},
  };
}

/** A step's name as GitHub shows it. */
function stepName({ name, run, uses }: WorkflowStep): string {
  return name ?? `Run ${uses ?? (run ?? "").split("\n")[0]!}`;
}
