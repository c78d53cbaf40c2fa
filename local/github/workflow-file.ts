import { parse } from "yaml";
import { Failure } from "../../contract/failure.ts";
import { isObject } from "../../contract/json.ts";

/** One input of `workflow_dispatch`, as the file declares it. */
export interface InputDefinition {
  required: boolean;
  default: string | undefined;
  type: string;
  options: string[];
}

/** One job of the file, with its expressions not yet evaluated. */
export interface JobDefinition {
  key: string;
  name: string;
  needs: string[];
  runsOn: string | string[];
  timeoutMinutes: string | number | undefined;
  condition: string | undefined;
}

/** The part of a workflow file that GitHub itself reads; the rest is for the runner. */
export interface WorkflowFile {
  name: string | undefined;
  runName: string | undefined;
  /** Undefined: the workflow cannot be dispatched. */
  dispatchInputs: Record<string, InputDefinition> | undefined;
  jobs: JobDefinition[];
}

/** GitHub's maximum number of inputs in a dispatch. */
const maxInputs = 25;

/** @throws Error that says what is wrong with the file */
export function parseWorkflow(text: string): WorkflowFile {
  const file: unknown = parse(text);
  if (!isObject(file)) throw new Failure("a workflow file must be a mapping with the keys `on` and `jobs`");
  if (!isObject(file.jobs) || Object.keys(file.jobs).length === 0)
    throw new Failure("No jobs defined in `jobs`");
  const jobs = Object.entries(file.jobs).map(([key, job]) => jobOf(key, job));
  for (const job of jobs) {
    const unknown = job.needs.find((need) => !jobs.some(({ key }) => key === need));
    if (unknown) throw new Failure(`Job '${job.key}' depends on unknown job '${unknown}'.`);
  }
  return {
    name: textOf(file.name),
    runName: textOf(file["run-name"]),
    dispatchInputs: dispatchInputs(file.on),
    jobs,
  };
}

/**
 * The inputs of a run: given ones are checked against the file, and defaults
 * are filled in.
 *
 * @returns the inputs, or GitHub's sentence for a 422
 */
export function resolveInputs(
  declared: Record<string, InputDefinition>,
  given: Record<string, unknown>,
): { inputs: Record<string, string | boolean> } | { refused: string } {
  if (Object.keys(given).length > maxInputs)
    return { refused: `you may only define up to ${maxInputs} inputs` };
  const unexpected = Object.keys(given).filter((name) => !(name in declared));
  if (unexpected.length > 0) return { refused: `Unexpected inputs provided: ${JSON.stringify(unexpected)}` };
  const inputs: Record<string, string | boolean> = {};
  for (const [name, input] of Object.entries(declared)) {
    const raw = given[name] ?? input.default;
    if (input.required && (raw === undefined || raw === ""))
      return { refused: `Required input '${name}' not provided` };
    const value = textOf(raw) ?? (input.type === "boolean" ? "false" : "");
    if (input.type === "choice" && !input.options.includes(value))
      return { refused: `Provided value '${value}' for input '${name}' not in the list of allowed values` };
    if (input.type === "number" && value !== "" && !Number.isFinite(Number(value)))
      return { refused: `Provided value '${value}' for input '${name}' is not a number` };
    // Only booleans keep their type; a workflow that needs a number uses fromJSON.
    inputs[name] = input.type === "boolean" ? value === "true" : value;
  }
  return { inputs };
}

function jobOf(key: string, job: unknown): JobDefinition {
  if (!isObject(job)) throw new Failure(`the job '${key}' must be a mapping`);
  if (job.strategy !== undefined || job.uses !== undefined)
    throw new Failure(`the local GitHub runs no matrices and no reusable workflows (job '${key}')`);
  const runsOn = job["runs-on"];
  const labels = isObject(runsOn) ? runsOn.labels : runsOn;
  if (typeof labels !== "string" && !isTexts(labels))
    throw new Failure(`Required property is missing: runs-on (job '${key}')`);
  const needs = job.needs ?? [];
  const timeout = job["timeout-minutes"];
  const condition = textOf(job.if);
  return {
    key,
    name: textOf(job.name) ?? key,
    needs: typeof needs === "string" ? [needs] : isTexts(needs) ? needs : [],
    runsOn: labels,
    timeoutMinutes: typeof timeout === "number" ? timeout : textOf(timeout),
    condition,
  };
}

function dispatchInputs(on: unknown): Record<string, InputDefinition> | undefined {
  if (on === "workflow_dispatch" || (Array.isArray(on) && on.includes("workflow_dispatch"))) return {};
  if (!isObject(on) || !("workflow_dispatch" in on)) return undefined;
  const inputs = isObject(on.workflow_dispatch) ? on.workflow_dispatch.inputs : undefined;
  if (!isObject(inputs)) return {};
  return Object.fromEntries(
    Object.entries(inputs).map(([name, raw]) => {
      const input = isObject(raw) ? raw : {};
      const options = isTexts(input.options) ? input.options : [];
      const type = textOf(input.type) ?? "string";
      const fallback = textOf(input.default) ?? (type === "choice" ? options[0] : undefined);
      return [name, { required: input.required === true, default: fallback, type, options }];
    }),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
