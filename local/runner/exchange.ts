/** The answer to a call; `body` is undefined when the answer has none. */
export interface Answer<T> {
  status: number;
  body: T | undefined;
}

/** Makes one call to GitHub. It throws only when no answer comes at all. */
export type Call = <T = unknown>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  options?: { body?: unknown; signal?: AbortSignal },
) => Promise<Answer<T>>;

/**
 * @param baseUrl paths of calls are appended to it
 * @param authorization the header's whole value
 */
export function createCall(baseUrl: string, authorization: string): Call {
  return async (method, path, options = {}) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
    return { status: response.status, body: isJson ? (JSON.parse(text) as never) : undefined };
  };
}

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
  type: "RunnerJobRequest" | "JobCancellation" | "AgentRefresh" | "Hang";
  body: { requestId?: string; targetVersion?: string };
}

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

/** A step as GitHub shows it. Times are ISO 8601 in UTC. */
export interface StepReport {
  name: string;
  number: number;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "skipped" | "cancelled" | null;
  startedAt: string | null;
  completedAt: string | null;
}
