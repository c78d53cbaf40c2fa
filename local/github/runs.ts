import { Failure, messageOf } from "../../contract/failure.ts";
import { asText, evaluate, interpolate, isTrue } from "./expressions.ts";
import type { Contexts, Value } from "./expressions.ts";
import { announce } from "./hooks.ts";
import { fullName, variablesOf } from "./model.ts";
import type { Conclusion, Job, Model, Run } from "./model.ts";
import { cloudLimits } from "./options.ts";

/*
 * The life cycle of a run and its jobs. The assignment to runners is in
 * queue.ts.
 */

/** Ends a job, and lets its run and the jobs that need it continue. */
export function conclude(model: Model, job: Job, conclusion: Conclusion, annotation?: string): void {
  job.status = "completed";
  job.conclusion = conclusion;
  job.completedAt = model.clock.now();
  job.offer = undefined;
  model.tokens.delete(job.token);
  if (annotation) job.annotations.push(annotation);
  announce(model, job, "completed");
  proceed(model, job.run);
}

/** Notes that a runner has begun a job. */
export function begin(model: Model, job: Job): void {
  job.status = "in_progress";
  job.startedAt = model.clock.now();
  model.tokens.set(job.token, { login: "github-actions[bot]", scopes: [] });
  job.run.status = "in_progress";
  job.run.updatedAt = job.startedAt;
  announce(model, job, "in_progress");
}

/** Queues jobs that no longer wait, skips those that will never run, and ends the run after its last job. */
export function proceed(model: Model, run: Run): void {
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
      throw new Failure(`Unexpected value '${asText(timeout)}' for timeout-minutes of job '${job.key}'`);
    return { name: asText(interpolate(name, contexts)), labels: labelsOf(runsOn, contexts), timeout };
  });
  if ("refused" in decided) {
    conclude(model, job, "failure", decided.refused);
  } else if (decided.value) {
    const { name, labels, timeout } = decided.value;
    Object.assign(job, { name, labels, timeoutMinutes: timeout ?? cloudLimits.jobTimeoutMinutes });
    job.status = "queued";
    job.createdAt = model.clock.now();
    announce(model, job, "queued");
  } else {
    conclude(model, job, "skipped");
  }
}

/** Evaluates a job's `if`. Without a status function in it, `success()` is implied. */
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
  return (asksStatus || status.success()) && isTrue(evaluate(condition, contexts, status));
}

function labelsOf(runsOn: string | string[], contexts: Contexts): string[] {
  const value = typeof runsOn === "string" ? interpolate(runsOn, contexts) : runsOn;
  const labels = Array.isArray(value) ? value : [value];
  return labels.map((label) => asText(typeof label === "string" ? interpolate(label, contexts) : label));
}

/** The contexts of a run's expressions, apart from `needs`. */
export function contextsOf(model: Model, run: Run): Record<string, Value> {
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

/** The context `needs` of a job. */
export function needsContext(job: Job): Value {
  return Object.fromEntries(
    needsOf(job).map((need) => [need.key, { result: need.conclusion, outputs: need.outputs }]),
  );
}

function conclusionOf(jobs: readonly Job[]): Conclusion {
  const all = jobs.map(({ conclusion }) => conclusion);
  if (all.includes("failure")) return "failure";
  if (all.includes("cancelled")) return "cancelled";
  return all.includes("success") ? "success" : "skipped";
}

/**
 * An attempt that fails because of a faulty workflow file becomes GitHub's
 * answer, not an error of the emulator.
 */
export function attempt<T>(work: () => T): { value: T } | { refused: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { refused: `failed to parse workflow: ${messageOf(error)}` };
  }
}
