import { asText, interpolate } from "./expressions.ts";
import { fullName, newSecret } from "./model.ts";
import type { Job, Model, Repository, Run } from "./model.ts";
import { cloudLimits } from "./options.ts";
import { attempt, contextsOf, proceed } from "./runs.ts";
import { parseWorkflow, resolveInputs } from "./workflow-file.ts";
import type { JobDefinition } from "./workflow-file.ts";

/**
 * Starts a run as `POST …/dispatches` does.
 *
 * @returns the run (undefined if a fault suppresses it), or GitHub's sentence
 * for a 422
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
  // A policy can forbid the event. Then the run is made, but fails before it has a job.
  const isAllowed = repository.allowedEvents?.includes(run.event) ?? true;
  if (isAllowed) run.jobs = workflow.jobs.map((definition) => newJob(model, run, definition));
  else Object.assign(run, { status: "completed", conclusion: "startup_failure" } satisfies Partial<Run>);
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
  if (isAllowed) proceed(model, run);
  return { run };
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
