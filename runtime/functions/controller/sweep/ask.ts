import { explained, Failure } from "../../../../contract/failure.ts";
import { isObject } from "../../../../contract/json.ts";
import { redact, redactError } from "../../../aws/error.ts";
import type { Send } from "../../../aws/http.ts";
import { parseJson } from "../../../aws/json.ts";

/** The version of the REST API that requests name. */
const apiVersion = "2022-11-28";

/** Milliseconds for one request. */
const requestMs = 10_000;

export interface Question {
  /** A token, or an App's claim. */
  authorization: string;
  /** Absent: it is a GET. */
  body?: string;
  /** Number of requests to keep for other questions: this one is sent only if more are left. */
  leave?: number;
}

/**
 * Sends one request to GitHub's REST API and returns the body of its answer. A
 * 404 is an error like any other.
 *
 * @param path below the API's base URL
 * @throws GithubRefusal when GitHub answers with an error; LimitReached when no request is left; Error when there is no answer
 */
export type Ask = (path: string, question: Question) => Promise<string>;

/** GitHub has answered with an error. */
export class GithubRefusal extends Failure {
  override readonly name = "GithubRefusal";
  readonly status: number;

  constructor(method: string, path: string, status: number, message: string) {
    super(`GitHub answered ${status} to ${method} ${path}: ${message}`);
    this.status = status;
  }
}

/** The sweep has reached its limit of requests or time. The next sweep continues. */
export class LimitReached extends Failure {
  override readonly name = "LimitReached";
}

export interface AskOptions {
  /** Base URL of the API, without a trailing slash. */
  apiUrl: string;
  send: Send;
  /** Milliseconds of a monotonic clock. */
  elapsed: () => number;
  limits: { requests: number; milliseconds: number };
}

/** Sends requests one after the other, as GitHub asks of its clients, until one of the limits is reached. */
export function createAsk({ apiUrl, send, elapsed, limits }: AskOptions): Ask {
  const end = elapsed() + limits.milliseconds;
  let left = limits.requests;
  return async (path, { authorization, body, leave = 0 }) => {
    const timeoutMs = Math.min(requestMs, Math.floor(end - elapsed()));
    if (left <= leave) throw new LimitReached(`it has sent its limit of ${limits.requests} requests`);
    if (timeoutMs < 1) throw new LimitReached(`it has reached its limit of ${limits.milliseconds / 1000} s`);
    left -= 1;
    const method = body === undefined ? "GET" : "POST";
    const response = await send({
      method,
      url: `${apiUrl}${path}`,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${authorization}`,
        "user-agent": "longhaul",
        "x-github-api-version": apiVersion,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body }),
      timeoutMs,
    }).catch((error: unknown) => {
      redactError(error, [authorization]);
      throw explained(error, (why) => `GitHub gave no answer to ${method} ${path}: ${why}.`);
    });
    if (response.status >= 200 && response.status < 300) return response.body;
    const message = redact(messageIn(response.body), [authorization]);
    throw new GithubRefusal(method, path, response.status, message);
  };
}

/** GitHub's own message. A proxy's error page has none. */
function messageIn(body: string): string {
  const answer = parseJson(body);
  return isObject(answer) && typeof answer.message === "string"
    ? answer.message.slice(0, 200)
    : "without a message";
}
