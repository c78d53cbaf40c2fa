import { Hono } from "hono";
import type { Context } from "hono";
import { fullName, isoTime } from "../model.ts";
import type { Job, Model, Repository, Run } from "../model.ts";
import { cancelRun, forceCancelRun } from "../queue.ts";
import { dispatch } from "../runs.ts";
import { isRecord, parseWorkflow } from "../workflow-file.ts";
import { callerOf, repositoryOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, paged, textIn } from "./answers.ts";
import type { Body } from "./answers.ts";

type WorkflowBody = Body<"GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}">;
type JobBody = Body<"GET /repos/{owner}/{repo}/actions/jobs/{job_id}">;
type RunBody = Omit<
  Body<"GET /repos/{owner}/{repo}/actions/runs/{run_id}">,
  "repository" | "head_repository" | "head_commit" | "actor" | "triggering_actor"
> & { actor: { login: string }; repository: { id: number; full_name: string } };

const folder = ".github/workflows/";

/** Workflows, their dispatch, their runs and jobs. */
export function workflowRoutes(model: Model): Hono {
  const app = new Hono();
  const actions = "/repos/:owner/:repo/actions";
  /** GitHub knows a workflow by its file on the default branch; it is addressed by file name or id. */
  const workflowOf = (c: Context): WorkflowBody => {
    const id = c.req.param("workflow");
    const found = workflowsOf(model, repositoryOf(model, c)).find(
      (one) => one.path === `${folder}${id ?? ""}` || String(one.id) === id,
    );
    if (!found) throw notFound();
    return found;
  };
  const runOf = (c: Context): Run => {
    const repository = repositoryOf(model, c);
    const run = model.runs.find(
      (one) => one.repository === repository && one.id === Number(c.req.param("run")),
    );
    if (!run) throw notFound();
    return run;
  };
  const jobOf = (c: Context): Job => {
    const repository = repositoryOf(model, c);
    const runs = model.runs.filter((run) => run.repository === repository);
    const job = runs.flatMap(({ jobs }) => jobs).find(({ id }) => id === Number(c.req.param("job")));
    if (!job) throw notFound();
    return job;
  };
  const listRuns = (c: Context, path?: string): Response => {
    const repository = repositoryOf(model, c);
    const matching = model.runs
      .filter((run) => run.repository === repository && (path ?? run.path) === run.path)
      .filter((run) => matches(run, (key) => c.req.query(key)))
      .reverse();
    const { items, headers } = paged(c, matching);
    const workflow_runs = items.map((run) => runBody(model, run));
    return Response.json({ total_count: matching.length, workflow_runs }, { headers });
  };

  app.get(`${actions}/workflows`, (c) => {
    const workflows = workflowsOf(model, repositoryOf(model, c));
    return Response.json({ total_count: workflows.length, workflows });
  });
  app.get(`${actions}/workflows/:workflow`, (c) => Response.json(workflowOf(c)));
  app.get(`${actions}/workflows/:workflow/runs`, (c) => listRuns(c, workflowOf(c).path));
  app.post(`${actions}/workflows/:workflow/dispatches`, async (c) => {
    const { path } = workflowOf(c);
    const body = await bodyOf(c);
    const inputs = isRecord(body.inputs) ? body.inputs : {};
    const request = { ref: textIn(body, "ref"), inputs, actor: callerOf(c).login };
    const outcome = dispatch(model, repositoryOf(model, c), path, request);
    if ("refused" in outcome) throw new ApiError(422, outcome.refused);
    return noContent();
  });

  app.get(`${actions}/runs`, (c) => listRuns(c));
  app.get(`${actions}/runs/:run`, (c) => Response.json(runBody(model, runOf(c))));
  app.get(`${actions}/runs/:run/jobs`, (c) => {
    const { jobs } = runOf(c);
    const { items, headers } = paged(c, jobs);
    return Response.json(
      { total_count: jobs.length, jobs: items.map((job) => jobBody(model, job)) },
      { headers },
    );
  });
  for (const [verb, cancel] of [
    ["cancel", cancelRun],
    ["force-cancel", forceCancelRun],
  ] as const) {
    app.post(`${actions}/runs/:run/${verb}`, (c) => {
      const run = runOf(c);
      if (run.status === "completed")
        throw new ApiError(409, "Cannot cancel a workflow run that is completed.");
      cancel(model, run);
      return Response.json({}, { status: 202 });
    });
  }
  app.get(`${actions}/jobs/:job`, (c) => Response.json(jobBody(model, jobOf(c))));
  app.get(`${actions}/jobs/:job/logs`, (c) => {
    const job = jobOf(c);
    // GitHub has no log of a job that still runs.
    if (job.status !== "completed") throw notFound();
    return c.redirect(`${model.url}/_logs/${job.id}/${job.requestId}`, 302);
  });
  return app;
}

function workflowsOf(model: Model, repository: Repository): WorkflowBody[] {
  const { files } = repository.branches.get(repository.defaultBranch)!;
  return [...files].flatMap(([path, { content, sha }]) => {
    if (!path.startsWith(folder)) return [];
    const url = `${model.url}/api/v3/repos/${fullName(repository)}/actions/workflows/${path.slice(folder.length)}`;
    const html_url = `${model.url}/${fullName(repository)}/blob/${repository.defaultBranch}/${path}`;
    const time = isoTime(model.clock.now());
    // A stable number for the path: GitHub keeps a workflow's id when its file changes.
    const id = Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7);
    const name = nameIn(content.toString()) ?? path;
    return [
      {
        id,
        node_id: `W_${sha}`,
        name,
        path,
        state: "active",
        created_at: time,
        updated_at: time,
        url,
        html_url,
        badge_url: html_url,
      },
    ];
  });
}

function nameIn(text: string): string | undefined {
  try {
    return parseWorkflow(text).name;
  } catch {
    return undefined; // A workflow that GitHub cannot read is listed by its path.
  }
}

/** The filters of the list of runs. `created` takes a date, `>=`, `<=`, `>`, `<` or a range with `..`. */
function matches(run: Run, query: (key: string) => string | undefined): boolean {
  const status = query("status");
  return (
    (query("event") ?? run.event) === run.event &&
    (query("branch") ?? run.branch) === run.branch &&
    (query("actor") ?? run.actor) === run.actor &&
    (query("head_sha") ?? run.sha) === run.sha &&
    (status === undefined || status === run.status || status === run.conclusion) &&
    isWithin(run.createdAt, query("created"))
  );
}

function isWithin(time: number, range: string | undefined): boolean {
  if (range === undefined) return true;
  const text = isoTime(time);
  const at = (date: string) => Date.parse(date);
  const seconds = at(text);
  const [from, to] = range.split("..") as [string, string | undefined];
  if (to !== undefined) return (from === "*" || seconds >= at(from)) && (to === "*" || seconds <= at(to));
  const [, sign, date] = /^(>=|<=|>|<|)(.*)$/.exec(range) as unknown as [string, string, string];
  if (sign === "") return text.startsWith(date);
  return (
    (sign.includes("=") && seconds === at(date)) ||
    (sign.startsWith(">") ? seconds > at(date) : seconds < at(date))
  );
}

function runBody(model: Model, run: Run): RunBody {
  const name = fullName(run.repository);
  const url = `${model.url}/api/v3/repos/${name}/actions/runs/${run.id}`;
  const workflow = workflowsOf(model, run.repository).find(({ path }) => path === run.path);
  return {
    id: run.id,
    node_id: `WFR_${run.id}`,
    name: run.workflow.name ?? run.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: 1,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion ?? null,
    path: run.path,
    head_branch: run.branch,
    head_sha: run.sha,
    workflow_id: workflow?.id ?? 0,
    created_at: isoTime(run.createdAt),
    run_started_at: isoTime(run.createdAt),
    updated_at: isoTime(run.updatedAt),
    actor: { login: run.actor },
    repository: { id: run.repository.id, full_name: name },
    pull_requests: [],
    url,
    html_url: `${model.url}/${name}/actions/runs/${run.id}`,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    check_suite_url: `${url}/check-suite`,
    workflow_url: workflow?.url ?? "",
  };
}

function jobBody(model: Model, job: Job): JobBody {
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
