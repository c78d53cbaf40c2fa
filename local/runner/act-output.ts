import type { Shape } from "../../contract/shape.ts";
import { checkShape } from "../../contract/shape.ts";
import type { StepReport } from "./exchange.ts";

/** The fields of one line of `act --json` that matter here. */
export interface ActRecord {
  jobID?: string;
  msg?: string;
  level?: string;
  raw_output?: boolean;
  /** A workflow command, for example `summary`, `set-output`, `notice`. */
  command?: string;
  raw?: string;
  content?: string;
  name?: string;
  arg?: string;
  stage?: string;
  stepID?: string[];
  /** Set on act's own steps, `--setup-job` and `--complete-job`. */
  stepid?: string[];
  step?: string;
  stepResult?: string;
  jobResult?: string;
}

const recordShape: Shape<ActRecord> = {
  "jobID?": "text",
  "msg?": "text",
  "level?": "text",
  "raw_output?": "flag",
  "command?": "text",
  "raw?": "text",
  "content?": "text",
  "name?": "text",
  "arg?": "text",
  "stage?": "text",
  "stepID?": ["text"],
  "stepid?": ["text"],
  "step?": "text",
  "stepResult?": "text",
  "jobResult?": "text",
};

/**
 * Checks one line of act's output.
 *
 * @throws {Failure} naming each value that is of another kind
 */
export function checkActRecord(record: Record<string, unknown>): ActRecord {
  return checkShape<ActRecord>(record, recordShape, {
    subject: "A line of act's output",
    remedy: "LONGHAUL_ACT names another version of act than this runner knows.",
  });
}

/** What act's output has shown of a job so far. */
export interface JobProgress {
  steps: StepReport[];
  /** By step id, then by name. */
  stepOutputs: Record<string, Record<string, string>>;
  summary: string;
  /** `success` or `failure`, once act has reported it. */
  result?: string;
}

/** A job's steps before it begins, with GitHub's own steps around them. */
export function plannedSteps(names: readonly string[]): StepReport[] {
  return names.map((name, index) => ({
    name,
    number: index + 1,
    status: "queued",
    conclusion: null,
    startedAt: null,
    completedAt: null,
  }));
}

export interface Reduction {
  progress: JobProgress;
  /** Lines for the job's log. */
  lines: string[];
}

/**
 * Updates the progress with one record.
 *
 * @param numberOf the number of a step by the id that act uses: the step's own
 * or its index
 * @param now ISO 8601
 */
export function reduceAct(
  progress: JobProgress,
  record: ActRecord,
  numberOf: (id: string) => number | undefined,
  now: string,
): Reduction {
  const msg = (record.msg ?? "").replace(/\n$/, "");
  if (record.raw_output) return { progress, lines: msg.split("\n") };
  if (record.command === "summary") {
    return { progress: { ...progress, summary: progress.summary + (record.content ?? "") }, lines: [] };
  }
  const id = record.stepID?.[0] ?? record.stepid?.[0];
  if (record.command === "set-output" && id !== undefined && record.name !== undefined) {
    const outputs = { ...progress.stepOutputs[id], [record.name]: record.arg ?? "" };
    return { progress: { ...progress, stepOutputs: { ...progress.stepOutputs, [id]: outputs } }, lines: [] };
  }
  if (record.command !== undefined) {
    return { progress, lines: record.raw === undefined ? [] : [logCommand(record.raw)] };
  }
  if (record.jobResult !== undefined)
    return { progress: { ...progress, result: record.jobResult }, lines: [] };
  // At GitHub, the stages before and after the main one belong to the same step.
  const number = id === undefined || (record.stage ?? "Main") !== "Main" ? undefined : numberOf(id);
  const change = (changes: Partial<StepReport>): JobProgress => ({
    ...progress,
    steps: progress.steps.map((step) => (step.number === number ? { ...step, ...changes } : step)),
  });
  if (record.stepResult !== undefined) {
    const conclusion = record.stepResult as StepReport["conclusion"];
    return { progress: change({ status: "completed", conclusion, completedAt: now }), lines: [] };
  }
  if (msg.startsWith("⭐ Run ")) {
    const lines = record.stepid ? [] : [`##[group]${msg.replace(/^⭐ Run \w+ /, "Run ")}`, "##[endgroup]"];
    return { progress: change({ status: "in_progress", startedAt: now }), lines };
  }
  if (record.level === "error" && record.step !== undefined) {
    const code = /^exit status (\d+)$/.exec(msg)?.[1];
    return {
      progress,
      lines: [`##[error]${code === undefined ? msg : `Process completed with exit code ${code}.`}`],
    };
  }
  return { progress, lines: [] };
}

/** `::notice file=a::text` as GitHub's log shows it. */
function logCommand(raw: string): string {
  return raw.trim().replace(/^::([\w-]+)(?: [^:]*)?::/, "##[$1]");
}

/**
 * Steps that never ran become skipped; a step that was running when its job was
 * cancelled becomes cancelled.
 */
export function concludeSteps(steps: readonly StepReport[], now: string): StepReport[] {
  return steps.map((step) => {
    if (step.status === "completed") return step;
    const conclusion = step.status === "queued" ? "skipped" : "cancelled";
    return { ...step, status: "completed", conclusion, completedAt: now };
  });
}

/**
 * A job's outputs. Only expressions of the form `steps.<id>.outputs.<name>` are
 * evaluated, because outputs consist of those.
 */
export function jobOutputs(
  outputs: Readonly<Record<string, unknown>>,
  stepOutputs: JobProgress["stepOutputs"],
): Record<string, string> {
  const reference = /\$\{\{\s*steps\.([\w-]+)\.outputs\.([\w-]+)\s*\}\}/g;
  const evaluate = (text: string) =>
    text.replace(reference, (_, id: string, name: string) => stepOutputs[id]?.[name] ?? "");
  return Object.fromEntries(Object.entries(outputs).map(([name, text]) => [name, evaluate(String(text))]));
}
