import type { RunStatus } from "./faults.ts";
import { fullName, isoTime } from "./model.ts";
import type { Job, Model, Repository, Run } from "./model.ts";
import { parseWorkflow } from "./workflow-file.ts";
import type { Body } from "./answers.ts";

export type WorkflowBody = Body<"GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}">;
type JobBody = Body<"GET /repos/{owner}/{repo}/actions/jobs/{job_id}">;
type RunBody = Omit<
  Body<"GET /repos/{owner}/{repo}/actions/runs/{run_id}">,
  "repository" | "head_repository" | "head_commit" | "actor" | "triggering_actor"
> & { actor: { login: string }; repository: { id: number; full_name: string } };

export const workflowFolder = ".github/workflows/";

/** The workflows of a repository: the files on its default branch. */
export function workflowsOf(model: Model, repository: Repository): WorkflowBody[] {
  const { files } = repository.branches.get(repository.defaultBranch)!;
  return [...files].flatMap(([path, { content, sha }]) => {
    if (!path.startsWith(workflowFolder)) return [];
    const html_url = `${model.url}/${fullName(repository)}/blob/${repository.defaultBranch}/${path}`;
    const time = isoTime(model.clock.now());
    const name = nameIn(content.toString()) ?? path;
    return [
      {
        id: workflowId(path),
        node_id: `W_${sha}`,
        name,
        path,
        state: "active",
        created_at: time,
        updated_at: time,
        url: workflowUrl(model, repository, path),
        html_url,
        badge_url: html_url,
      },
    ];
  });
}

/** An id that depends on the path alone: GitHub keeps a workflow's id when its file changes. */
function workflowId(path: string): number {
  return Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7);
}

function workflowUrl({ url }: Model, repository: Repository, path: string): string {
  return `${url}/api/v3/repos/${fullName(repository)}/actions/workflows/${path.slice(workflowFolder.length)}`;
}

function nameIn(text: string): string | undefined {
  try {
    return parseWorkflow(text).name;
  } catch {
    return undefined; // GitHub lists a workflow that it cannot read by its path.
  }
}

/** A run's addresses: at the API, and for people. */
function runUrls({ url }: Model, repository: Repository, id: number) {
  const path = `${fullName(repository)}/actions/runs/${id}`;
  return { url: `${url}/api/v3/repos/${path}`, html_url: `${url}/${path}` };
}

/**
 * The answer to a dispatch that asks for its run. It is not yet in octokit's
 * types.
 *
 * @see
 * https://github.blog/changelog/2026-02-19-workflow-dispatch-api-now-returns-run-ids
 */
export function dispatchedBody(model: Model, repository: Repository, id: number) {
  const { url, html_url } = runUrls(model, repository, id);
  return { workflow_run_id: id, run_url: url, html_url };
}

/** The status of a run that the API reports. */
export function shownStatus({ faults }: Model, { status, title }: Run): RunStatus {
  return faults.take("run-status")?.report(status, title) ?? status;
}

export function runBody(model: Model, run: Run, status = shownStatus(model, run)): RunBody {
  const name = fullName(run.repository);
  const { url, html_url } = runUrls(model, run.repository, run.id);
  return {
    id: run.id,
    node_id: `WFR_${run.id}`,
    name: run.workflow.name ?? run.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: 1,
    event: run.event,
    status,
    conclusion: run.conclusion ?? null,
    path: run.path,
    head_branch: run.branch,
    head_sha: run.sha,
    workflow_id: workflowId(run.path),
    created_at: isoTime(run.createdAt),
    run_started_at: isoTime(run.createdAt),
    updated_at: isoTime(run.updatedAt),
    actor: { login: run.actor },
    repository: { id: run.repository.id, full_name: name },
    pull_requests: [],
    url,
    html_url,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    check_suite_url: `${url}/check-suite`,
    workflow_url: workflowUrl(model, run.repository, run.path),
  };
}

export function jobBody(model: Model, job: Job): JobBody {
  const name = fullName(job.run.repository);
  const { run, runner } = job;
  const group = model.groups.find(({ body }) => body.id === runner?.groupId)?.body;
  return {
    id: job.id,
    node_id: `CR_${job.id}`,
    run_id: run.id,
    run_attempt: 1,
    run_url: `${model.url}/api/v3/repos/${name}/actions/runs/${run.id}`,
    url: `${model.url}/api/v3/repos/${name}/actions/jobs/${job.id}`,
    html_url: `${model.url}/${name}/actions/runs/${run.id}/job/${job.id}`,
    check_run_url: `${model.url}/api/v3/repos/${name}/check-runs/${job.id}`,
    name: job.name,
    workflow_name: run.workflow.name ?? null,
    head_branch: run.branch,
    head_sha: run.sha,
    labels: job.labels,
    status: job.status,
    conclusion: job.conclusion ?? null,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt ?? job.createdAt),
    completed_at: job.completedAt === undefined ? null : isoTime(job.completedAt),
    runner_id: runner?.id ?? null,
    runner_name: runner?.name ?? null,
    runner_group_id: group?.id ?? null,
    runner_group_name: group?.name ?? null,
    steps: job.steps.map(({ name, number, status, conclusion, startedAt, completedAt }) => ({
      name,
      number,
      status,
      conclusion,
      started_at: startedAt ?? null,
      completed_at: completedAt ?? null,
    })),
  };
}
