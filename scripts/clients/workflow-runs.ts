import type { Octokit } from "@octokit/rest";
import type { SmokeSource } from "../../contract/requests.ts";
import { githubCall } from "./github-call.ts";
import { isTransient, ServiceError } from "./service-error.ts";

const perPage = 100;

/** A workflow run, as far as it is looked at. */
export interface Run {
  id: number;
  /** What `run-name` came to. */
  title: string;
  /** Link for people. */
  url: string;
  completed: boolean;
  /** GitHub's word for how it ended: `success`, `failure`, `cancelled`, `timed_out`, …; null while it has not. */
  conclusion: string | null;
}

/** A job of a run. */
export interface Job {
  name: string;
  /** GitHub knows further ones, all of which mean that it has not begun. */
  status: string;
  conclusion: string | null;
  /** The runner's name at GitHub; null until a runner has taken the job. */
  runnerName: string | null;
  /** ISO 8601 in UTC. */
  startedAt: string | null;
  /** The step at work; absent between steps. */
  currentStep?: string;
}

/**
 * The runs of a repository; where nothing else is said, those that were
 * dispatched, whatever their workflow: a workflow that is new is not yet known
 * by its name, and one whose file has been deleted no longer is. Ours are told
 * by their title.
 */
export interface WorkflowRuns {
  /** Those in progress, whatever they came from: not only those that were dispatched. */
  inProgress(): Promise<Run[]>;
  /** Those that have not ended, the newest first. */
  going(): Promise<Run[]>;
  /** The newest hundred, the newest first. */
  recent(): Promise<Run[]>;
  get(runId: number): Promise<Run>;
  jobs(runId: number): Promise<Job[]>;
  /** Cancels a run; one that has ended already is left as it is. */
  cancel(runId: number): Promise<void>;
  /**
   * Dispatches a workflow, in one attempt: a second one could start it twice.
   * `unknown`: there was no clear answer, so a run may have been made.
   */
  dispatch(
    workflow: Pick<SmokeSource, "workflow" | "ref">,
    inputs: Readonly<Record<string, string>>,
  ): Promise<"accepted" | "unknown">;
}

/** @throws ServiceError from each of its functions */
export function workflowRunsOf(octokit: Octokit, owner: string, repo: string): WorkflowRuns {
  const { actions, repos } = octokit.rest;
  const place = { owner, repo };
  const name = `${owner}/${repo}`;
  const dispatched = { ...place, event: "workflow_dispatch", per_page: perPage };

  const withStatus = (status: "queued" | "in_progress") =>
    githubCall(`listing the runs of ${name}`, () =>
      octokit.paginate(actions.listWorkflowRunsForRepo, { ...dispatched, status }),
    );
  const defaultBranch = async (): Promise<string> => {
    const repository = await githubCall(`reading ${name}`, () => repos.get(place));
    return repository.data.default_branch;
  };

  return {
    inProgress: async () => {
      const listed = await githubCall(`listing the runs of ${name}`, () =>
        octokit.paginate(actions.listWorkflowRunsForRepo, {
          ...place,
          status: "in_progress",
          per_page: perPage,
        }),
      );
      return listed.map(toRun);
    },
    going: async () => {
      // One after the other: a run that begins meanwhile is then on both lists, and not on neither.
      const listed = [...(await withStatus("queued")), ...(await withStatus("in_progress"))];
      const byId = new Map(listed.map((run) => [run.id, toRun(run)]));
      return [...byId.values()].sort((a, b) => b.id - a.id);
    },
    recent: async () => {
      const { data } = await githubCall(`listing the runs of ${name}`, () =>
        actions.listWorkflowRunsForRepo(dispatched),
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
        actions.listJobsForWorkflowRun({ ...place, run_id, per_page: perPage }),
      );
      return data.jobs.map(toJob);
    },
    cancel: async (run_id) => {
      try {
        await githubCall(`cancelling run ${run_id} of ${name}`, () =>
          actions.cancelWorkflowRun({ ...place, run_id }),
        );
      } catch (error) {
        if (!(error instanceof ServiceError && error.status === 409)) throw error; // 409: it has ended.
      }
    },
    dispatch: async ({ workflow, ref: branch }, inputs) => {
      const ref = branch ?? (await defaultBranch());
      try {
        await githubCall(`dispatching ${workflow} in ${name}`, () =>
          actions.createWorkflowDispatch({
            ...place,
            workflow_id: workflow,
            ref,
            inputs: { ...inputs },
            request: { retries: 0 },
          }),
        );
        return "accepted";
      } catch (error) {
        if (isTransient(error)) return "unknown";
        throw error;
      }
    },
  };
}

interface RunBody {
  id: number;
  display_title: string;
  html_url: string;
  status: string | null;
  conclusion: string | null;
}

function toRun({ id, display_title, html_url, status, conclusion }: RunBody): Run {
  return { id, title: display_title, url: html_url, completed: status === "completed", conclusion };
}

interface JobBody {
  name: string;
  status: string;
  conclusion: string | null;
  runner_name: string | null;
  started_at: string | null;
  steps?: { name: string; status: string }[];
}

function toJob({ name, status, conclusion, runner_name, started_at, steps }: JobBody): Job {
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
