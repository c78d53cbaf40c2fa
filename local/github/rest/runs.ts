import { Hono } from "hono";
import type { Context } from "hono";
import type { RunStatus } from "../faults.ts";
import { isoTime } from "../model.ts";
import type { Job, Model, Run } from "../model.ts";
import { cancelRun, forceCancelRun } from "../queue.ts";
import { repositoryOf } from "./access.ts";
import { ApiError, notFound, paged } from "../answers.ts";
import { jobBody, runBody, shownStatus } from "../workflow-bodies.ts";

/** Runs and their jobs. */
export function runRoutes(model: Model): Hono {
  const app = new Hono();
  const actions = "/repos/:owner/:repo/actions";
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
  app.get(`${actions}/runs`, (c) => listRuns(model, c));
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

/** One page of a repository's runs, newest first; only those of one workflow if its path is given. */
export function listRuns(model: Model, c: Context, path?: string): Response {
  const repository = repositoryOf(model, c);
  const matching = model.runs
    .filter((run) => run.repository === repository && (path ?? run.path) === run.path)
    .map((run) => ({ run, status: shownStatus(model, run) }))
    .filter(({ run, status }) => matches(run, status, (key) => c.req.query(key)))
    .reverse();
  const { items, headers } = paged(c, matching);
  const workflow_runs = items.map(({ run, status }) => runBody(model, run, status));
  return Response.json({ total_count: matching.length, workflow_runs }, { headers });
}

/** The filters of the list of runs. `created` takes a date, `>=`, `<=`, `>`, `<` or a range with `..`. */
function matches(run: Run, shown: RunStatus, query: (key: string) => string | undefined): boolean {
  const status = query("status");
  return (
    (query("event") ?? run.event) === run.event &&
    (query("branch") ?? run.branch) === run.branch &&
    (query("actor") ?? run.actor) === run.actor &&
    (query("head_sha") ?? run.sha) === run.sha &&
    (status === undefined || status === shown || status === run.conclusion) &&
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
