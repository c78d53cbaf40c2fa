import { asText, evaluate, interpolate } from "./expressions.ts";
import type { Contexts, Value } from "./expressions.ts";
import { fullName, newSecret, variablesOf } from "./model.ts";
import type { Conclusion, Job, Model, Repository, Run } from "./model.ts";
import { cloudLimits } from "./options.ts";
import { parseWorkflow, resolveInputs } from "./workflow-file.ts";
import type { JobDefinition } from "./workflow-file.ts";

/* The life of a run and its jobs, apart from which runner gets them (queue.ts). */

/**
 * Starts a run as `POST …/dispatches` does.
 * @returns the run (none where a fault swallows it), or GitHub's sentence for a 422
 */
export function dispatch(
  model: Model,
  repository: Repository,
  path: string,
  request: { ref: string; inputs: Record<string, unknown>; actor: string },
): { run: Run | undefined } | { refused: string } {
  const branch = request.ref.replace(/^refs\/heads\//, "");
  const tree = repository.branches.get(branch);
  if (!tree) return { refused: `No ref found for: ${request.ref}` };
  const text = tree.files.get(path)?.content.toString();
  if (text === undefined) return { refused: `No workflow file ${path} on ${request.ref}` };
  const parsed = attempt(() => parseWorkflow(text));
  if ("refused" in parsed) return parsed;
  const workflow = parsed.value;
  if (!workflow.dispatchInputs) return { refused: "Workflow does not have 'workflow_dispatch' trigger" };
  const resolved = resolveInputs(workflow.dispatchInputs, request.inputs);
  if ("refused" in resolved) return resolved;

  const fault = model.faults.take("dispatch")?.effect;
  const now = model.clock.now();
  const run: Run = {
    id: model.nextId(),
    number: model.runs.filter((other) => other.repository === repository && other.path === path).length + 1,
    repository,
    workflow,
    path,
    text,
    title: workflow.name ?? path,
    event: "workflow_dispatch",
    branch,
    sha: tree.sha,
    actor: request.actor,
    inputs: resolved.inputs,
    createdAt: now,
    updatedAt: now,
    status: "queued",
    conclusion: undefined,
    cancelled: false,
    neverStarts: fault === "never-starts",
    jobs: [],
  };
  const title = attempt(() => asText(interpolate(workflow.runName ?? run.title, contextsOf(model, run))));
  if ("refused" in title) return title;
  run.title = title.value;
  run.jobs = workflow.jobs.map((definition) => newJob(model, run, definition));
  const lost = fault === "no-run";
  model.dispatches.push({
    repository: fullName(repository),
    workflow: path,
    ref: request.ref,
    inputs: request.inputs,
    at: now,
    runId: lost ? undefined : run.id,
  });
  if (lost) return { run: undefined };
  model.runs.push(run);
  proceed(model, run);
  return { run };
}

/** Ends a job, and lets the jobs that need it and its run go on. */
export function conclude(model: Model, job: Job, conclusion: Conclusion, annotation?: string): void {
  job.status = "completed";
  job.conclusion = conclusion;
  job.completedAt = model.clock.now();
  job.offer = undefined;
  model.tokens.delete(job.token);
  if (annotation) job.annotations.push(annotation);
  proceed(model, job.run);
}

/** A runner has begun a job. */
export function begin(model: Model, job: Job): void {
  job.status = "in_progress";
  job.startedAt = model.clock.now();
  model.tokens.set(job.token, { login: "github-actions[bot]", scopes: [] });
  job.run.status = "in_progress";
  job.run.updatedAt = job.startedAt;
}

/** Queues what no longer waits, skips what will never run, and ends the run after its last job. */
function proceed(model: Model, run: Run): void {
  run.updatedAt = model.clock.now();
  for (const job of run.jobs) {
    if (job.status === "waiting" && needsOf(job).every((need) => need.status === "completed"))
      ready(model, job);
  }
  if (run.jobs.every((job) => job.status === "completed")) {
    run.status = "completed";
    run.conclusion = conclusionOf(run.jobs);
  }
}

function ready(model: Model, job: Job): void {
  const contexts = { ...contextsOf(model, job.run), needs: needsContext(job) };
  const decided = attempt(() => {
    if (!wanted(job, contexts)) return undefined;
    const { name, runsOn, timeoutMinutes } = job.definition;
    const timeout =
      typeof timeoutMinutes === "string" ? interpolate(timeoutMinutes, contexts) : timeoutMinutes;
    if (timeout !== undefined && typeof timeout !== "number")
      throw new Error(`Unexpected value '${asText(timeout)}' for timeout-minutes of job '${job.key}'`);
    return { name: asText(interpolate(name, contexts)), labels: labelsOf(runsOn, contexts), timeout };
  });
  if ("refused" in decided) {
    conclude(model, job, "failure", decided.refused);
  } else if (decided.value) {
    const { name, labels, timeout } = decided.value;
    Object.assign(job, { name, labels, timeoutMinutes: timeout ?? cloudLimits.jobTimeoutMinutes });
    job.status = "queued";
    job.createdAt = model.clock.now();
  } else {
    conclude(model, job, "skipped");
  }
}

/** A job's `if`; without a status function in it, `success()` is meant as well. */
function wanted(job: Job, contexts: Contexts): boolean {
  const needs = needsOf(job);
  const status = {
    always: () => true,
    cancelled: () => job.run.cancelled,
    failure: () => needs.some(({ conclusion }) => conclusion === "failure"),
    success: () => !job.run.cancelled && needs.every(({ conclusion }) => conclusion === "success"),
  };
  const condition = (job.definition.condition ?? "success()").replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");
  const asksStatus = /\b(always|cancelled|failure|success)\s*\(/.test(condition);
  return (asksStatus || status.success()) && Boolean(evaluate(condition, contexts, status));
}

function labelsOf(runsOn: string | string[], contexts: Contexts): string[] {
  const value = typeof runsOn === "string" ? interpolate(runsOn, contexts) : runsOn;
  const labels = Array.isArray(value) ? value : [value];
  return labels.map((label) => asText(typeof label === "string" ? interpolate(label, contexts) : label));
}

function contextsOf(model: Model, run: Run): Record<string, Value> {
  const repository = fullName(run.repository);
  const scopes = [model.organization, repository];
  const variables = scopes.flatMap((scope) => [...variablesOf(model, scope).values()]);
  return {
    inputs: run.inputs,
    vars: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    github: {
      repository,
      repository_owner: run.repository.owner,
      event_name: run.event,
      event: { inputs: run.inputs },
      ref: `refs/heads/${run.branch}`,
      ref_name: run.branch,
      sha: run.sha,
      actor: run.actor,
      workflow: run.workflow.name ?? run.path,
      run_id: String(run.id),
      run_number: String(run.number),
      run_attempt: "1",
    },
  };
}

function needsOf(job: Job): Job[] {
  return job.run.jobs.filter(({ key }) => job.definition.needs.includes(key));
}

function needsContext(job: Job): Value {
  return Object.fromEntries(
    needsOf(job).map((need) => [need.key, { result: need.conclusion, outputs: need.outputs }]),
  );
}

function newJob(model: Model, run: Run, definition: JobDefinition): Job {
  return {
    id: model.nextId(),
    requestId: String(model.nextId()),
    run,
    key: definition.key,
    definition,
    name: definition.name,
    labels: [],
    timeoutMinutes: cloudLimits.jobTimeoutMinutes,
    status: "waiting",
    conclusion: undefined,
    createdAt: run.createdAt,
    startedAt: undefined,
    completedAt: undefined,
    offer: undefined,
    misses: 0,
    runner: undefined,
    token: newSecret("ghs_"),
    lockedUntilWireMs: 0,
    cancelledWireMs: undefined,
    steps: [],
    log: [],
    summary: "",
    outputs: {},
    annotations: [],
  };
}

function conclusionOf(jobs: readonly Job[]): Conclusion {
  const all = jobs.map(({ conclusion }) => conclusion);
  if (all.includes("failure")) return "failure";
  if (all.includes("cancelled")) return "cancelled";
  return all.includes("success") ? "success" : "skipped";
}

/** What a faulty workflow file makes of an attempt is GitHub's answer, not an error of ours. */
function attempt<T>(work: () => T): { value: T } | { refused: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { refused: `failed to parse workflow: ${error instanceof Error ? error.message : String(error)}` };
  }
}
