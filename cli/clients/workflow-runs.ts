import type { Octokit } from "@octokit/rest";
import { isObject } from "../../contract/json.ts";
import type { SmokeSource } from "../../contract/requests.ts";
import { openRunStates } from "../../contract/run-states.ts";
import { githubCall } from "./github-call.ts";
import { hasStatus, isTransient } from "./service-error.ts";

const per_page = 100;

/** A workflow run, with the values that are used. */
export interface Run {
  id: number;
  /** The evaluated `run-name`. */
  title: string;
  /** Link for people. */
  url: string;
  /** One of `openRunStates`, or `completed`. */
  status: string;
  /** GitHub's word for its end: `success`, `failure`, `cancelled`, `timed_out`, …; null before that. */
  conclusion: string | null;
}

/** A job of a run. */
export interface WorkflowJob {
  name: string;
  /** `completed`, `in_progress`, or another one. All others mean that it has not begun. */
  status: string;
  conclusion: string | null;
  /** The runner's name at GitHub; null until a runner has taken the job. */
  runnerName: string | null;
  /** ISO 8601 in UTC. */
  startedAt: string | null;
  /** The running step; absent between steps. */
  currentStep?: string;
}

/**
 * The runs of a repository: unless stated otherwise, those that were dispatched.
 * They are not filtered by workflow, because GitHub does not know a new workflow
 * by its name yet, and no longer knows one after its file was deleted. Longhaul's
 * runs are recognised by their title.
 */
export interface WorkflowRuns {
  /** Runs that have not ended, the newest first. */
  going(): Promise<Run[]>;
  /** The same for runs of any event, not only dispatched ones. */
  goingOfAnyEvent(): Promise<Run[]>;
  /** The newest hundred, the newest first. */
  recent(): Promise<Run[]>;
  get(runId: number): Promise<Run>;
  jobs(runId: number): Promise<WorkflowJob[]>;
  /** Cancels a run. A run that has ended already is left as it is. */
  cancel(runId: number): Promise<void>;
  /**
   * Dispatches a workflow, in one attempt: a second one could start it twice.
   * GitHub is asked to name the run. A server that refuses the request is asked
   * once more without that, because a refused request has started nothing.
   */
  dispatch(
    workflow: Pick<SmokeSource, "workflow">,
    inputs: Readonly<Record<string, string>>,
  ): Promise<DispatchOutcome>;
}

/**
 * The result of a dispatch: GitHub named the run; it accepted the dispatch and
 * named no run (a server from before 2026-02); or there was no clear answer, so a
 * run may exist.
 */
export type DispatchOutcome = { kind: "run"; runId: number } | { kind: "accepted" } | { kind: "unknown" };

/** @throws ServiceError from each of its functions */
export function workflowRunsOf(octokit: Octokit, owner: string, repo: string): WorkflowRuns {
  const { actions, repos } = octokit.rest;
  const place = { owner, repo };
  const name = `${owner}/${repo}`;
  const event = "workflow_dispatch";

  /** The states are listed one after the other: a run that moves on in between is then on two lists, and never missed. */
  const listGoing = async (filter: { event?: string; per_page: number }): Promise<Run[]> => {
    const byId = new Map<number, Run>();
    for (const status of openRunStates) {
      const listed = await githubCall(`listing the runs of ${name}`, () =>
        octokit.paginate(actions.listWorkflowRunsForRepo, { ...place, ...filter, status }),
      );
      for (const run of listed) byId.set(run.id, toRun(run));
    }
    return [...byId.values()].sort((a, b) => b.id - a.id);
  };
  const defaultBranch = async (): Promise<string> => {
    const repository = await githubCall(`reading ${name}`, () => repos.get(place));
    return repository.data.default_branch;
  };

  return {
    going: () => listGoing({ event, per_page }),
    goingOfAnyEvent: () => listGoing({ per_page }),
    recent: async () => {
      const { data } = await githubCall(`listing the runs of ${name}`, () =>
        actions.listWorkflowRunsForRepo({ ...place, event, per_page }),
      );
      return data.workflow_runs.map(toRun);
    },
    get: async (run_id) => {
      const { data } = await githubCall(`reading run ${run_id} of ${name}`, () =>
        actions.getWorkflowRun({ ...place, run_id }),
      );
      return toRun(data);
    },
    jobs: async (run_id) => {
      const { data } = await githubCall(`reading the jobs of run ${run_id} of ${name}`, () =>
        actions.listJobsForWorkflowRun({ ...place, run_id, per_page }),
      );
      return data.jobs.map(toJob);
    },
    cancel: async (run_id) => {
      try {
        await githubCall(`cancelling run ${run_id} of ${name}`, () =>
          actions.cancelWorkflowRun({ ...place, run_id }),
        );
      } catch (error) {
        if (!hasStatus(error, 409)) throw error; // 409: the run has ended.
      }
    },
    dispatch: async ({ workflow }, inputs) => {
      const ref = await defaultBranch();
      const send = (asking: { return_run_details?: true }) =>
        githubCall(`dispatching ${workflow} in ${name}`, () =>
          actions.createWorkflowDispatch({
            ...place,
            workflow_id: workflow,
            ref,
            inputs: { ...inputs },
            ...asking,
            request: { retries: 0 },
          }),
        );
      try {
        const { data } = await send({ return_run_details: true }).catch((error: unknown) => {
          // GitHub refuses the request as it is, perhaps because it does not know the parameter.
          if (hasStatus(error, 400, 422)) return send({});
          throw error;
        });
        return dispatchOutcome(data);
      } catch (error) {
        if (isTransient(error)) return { kind: "unknown" };
        throw error;
      }
    },
  };
}

/** @param body of GitHub's answer; octokit's types do not have the field yet */
function dispatchOutcome(body: unknown): DispatchOutcome {
  const runId = isObject(body) ? body.workflow_run_id : undefined;
  return Number.isSafeInteger(runId) ? { kind: "run", runId: runId as number } : { kind: "accepted" };
}

interface RunBody {
  id: number;
  display_title: string;
  html_url: string;
  status: string | null;
  conclusion: string | null;
}

function toRun({ id, display_title, html_url, status, conclusion }: RunBody): Run {
  return { id, title: display_title, url: html_url, status: status ?? "requested", conclusion };
}

interface JobBody {
  name: string;
  status: string;
  conclusion: string | null;
  runner_name: string | null;
  started_at: string | null;
  steps?: { name: string; status: string }[];
}

function toJob({ name, status, conclusion, runner_name, started_at, steps }: JobBody): WorkflowJob {
  const step = steps?.find((each) => each.status === "in_progress");
  return {
    name,
    status,
    conclusion,
    runnerName: runner_name,
    startedAt: started_at,
    ...(step && { currentStep: step.name }),
  };
}
