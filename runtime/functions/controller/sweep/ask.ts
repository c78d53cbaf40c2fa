import { explained, Failure } from "../../../../contract/failure.ts";
import { isObject } from "../../../../contract/json.ts";
import { redact, redactError } from "../../../aws/error.ts";
import type { Send } from "../../../aws/http.ts";
import { parseJson } from "../../../aws/json.ts";

/** The version of the REST API that is asked. */
const apiVersion = "2022-11-28";

/** Milliseconds for one request. */
const requestMs = 10_000;

export interface Question {
  /** A token, or an App's claim. */
  authorization: string;
  /** Absent: it is a GET. */
  body?: string;
  /** So many requests are left to others: without more than that, none is sent. */
  leave?: number;
}

/**
 * Sends one request to GitHub's REST API, and gives back the body of its
 * answer. Not found is an error as any other.
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

/** The sweep has sent all the requests, or taken all the time, that it may: the next one goes on. */
export class LimitReached extends Failure {
  override readonly name = "LimitReached";
}

export interface AskOptions {
  /** Base URL of the API, without a trailing slash. */
  apiUrl: string;
  send: Send;
  /** Milliseconds of a clock that nobody sets. */
  elapsed: () => number;
  limits: { requests: number; milliseconds: number };
}

/** One request after the other, as GitHub asks its clients, until one of the limits is reached. */
export function createAsk({ apiUrl, send, elapsed, limits }: AskOptions): Ask {
  const end = elapsed() + limits.milliseconds;
  let left = limits.requests;
  return async (path, { authorization, body, leave = 0 }) => {
    const timeoutMs = Math.min(requestMs, Math.floor(end - elapsed()));
    if (left <= leave) throw new LimitReached(`${limits.requests} requests are enough for once`);
    if (timeoutMs < 1) throw new LimitReached(`${limits.milliseconds / 1000} s are enough for once`);
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

/** GitHub's own words; a proxy's page has none. */
function messageIn(body: string): string {
  const answer = parseJson(body);
  return isObject(answer) && typeof answer.message === "string"
    ? answer.message.slice(0, 200)
    : "without a message";
}
