import { Failure } from "../../contract/failure.ts";
import { isObject } from "../../contract/json.ts";
import { checkShape } from "../../contract/shape.ts";
import type { Shape } from "../../contract/shape.ts";

/** The answer to a call. */
export interface Answer<T> {
  status: number;
  /** The body of a 2xx answer, as the call's `read` returns it; undefined for another status or without `read`. */
  body: T | undefined;
  /** The body as it came. */
  text: string;
}

interface CallOptions<T> {
  body?: unknown;
  signal?: AbortSignal;
  /** Reads the parsed body of a 2xx answer. */
  read?: (body: unknown) => T;
}

/** Makes one call to GitHub. It throws if no answer comes at all, or if `read` refuses its body. */
export type Call = <T = undefined>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  options?: CallOptions<T>,
) => Promise<Answer<T>>;

/**
 * @param baseUrl paths of calls are appended to it
 * @param authorization the header's whole value
 */
export function createCall(baseUrl: string, authorization: string): Call {
  return async (method, path, { body, signal, read } = {}) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    const isRead = read && response.ok && text !== "";
    return { status: response.status, body: isRead ? read(parseAnswer(text)) : undefined, text };
  };
}

/** A proxy may answer with a page instead of JSON. */
function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`GitHub's answer of ${text.length} characters is not JSON.`);
  }
}

/** A reader for {@link CallOptions.read}: checks a body by its shape. */
export function bodyOf<T>(shape: Shape<T>): (body: unknown) => T {
  return (body) => checkShape(body, shape, answerWords);
}

const answerWords = {
  subject: "GitHub's answer",
  remedy: "The runner and the local GitHub are of different versions.",
};

/** The authorization of a registered runner. */
export function runnerAuthorization({ clientId, secret }: { clientId: string; secret: string }): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
}

/**
 * A message that a listener receives. `Hang` is not one of GitHub's messages:
 * it makes the stand-in behave like a hung listener.
 */
export interface RunnerMessage {
  messageId: number;
  /** `RunnerJobRequest`, `JobCancellation`, `AgentRefresh` or `Hang`. */
  type: string;
  body: { requestId?: string; targetVersion?: string };
}

export const runnerMessage: Shape<RunnerMessage> = {
  messageId: "number",
  type: "text",
  body: { "requestId?": "text", "targetVersion?": "text" },
};

/** A job as its acquisition delivers it. */
export interface AcquiredJob {
  requestId: string;
  runId: number;
  runNumber: number;
  runAttempt: number;
  jobId: number;
  /** The ids of the run and the job in the runner's log. */
  planGuid: string;
  jobGuid: string;
  jobKey: string;
  jobName: string;
  repository: string;
  workflow: string;
  workflowText: string;
  ref: string;
  sha: string;
  actor: string;
  event: string;
  inputs: Record<string, string | boolean | number>;
  labels: string[];
  /** Results of the jobs that this one needs, by job key. */
  needs?: Record<string, { result: string; outputs: Record<string, string> }>;
  /** Seconds between two renewals of the job's lock; GitHub's is 60. */
  renewEverySeconds?: number;
  serverUrl: string;
  apiUrl: string;
  /** The job's GITHUB_TOKEN. */
  token: string;
}

const jobShape: Shape<Omit<AcquiredJob, "inputs">> = {
  requestId: "text",
  runId: "number",
  runNumber: "number",
  runAttempt: "number",
  jobId: "number",
  planGuid: "text",
  jobGuid: "text",
  jobKey: "text",
  jobName: "text",
  repository: "text",
  workflow: "text",
  workflowText: "text",
  ref: "text",
  sha: "text",
  actor: "text",
  event: "text",
  labels: ["text"],
  "needs?": { "*": { result: "text", outputs: { "*": "text" } } },
  "renewEverySeconds?": "number",
  serverUrl: "text",
  apiUrl: "text",
  token: "secret",
};

/** Reads the answer to a job's acquisition. */
export function readAcquiredJob(body: unknown): AcquiredJob {
  const job = checkShape<Omit<AcquiredJob, "inputs">>(body, jobShape, answerWords);
  return { ...job, inputs: inputsOf(body) };
}

function inputsOf(body: unknown): AcquiredJob["inputs"] {
  const inputs = isObject(body) && isObject(body.inputs) ? Object.entries(body.inputs) : [];
  return Object.fromEntries(
    inputs.map(([name, value]) => {
      if (typeof value === "string" || typeof value === "boolean" || typeof value === "number")
        return [name, value];
      throw new Failure(
        `GitHub's answer cannot be used: inputs.${name} must be a text, a number, or true or false.`,
      );
    }),
  );
}

/** A step as GitHub shows it. Times are ISO 8601 in UTC. */
export interface StepReport {
  name: string;
  number: number;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "skipped" | "cancelled" | null;
  startedAt: string | null;
  completedAt: string | null;
}
