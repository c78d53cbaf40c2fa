import { createAppAuth } from "@octokit/auth-app";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import type { Target } from "../../contract/requests.ts";
import { systemClock } from "../clock.ts";
import type { GithubCredentials } from "./github-credentials.ts";
import { repositoryFilesOf } from "./repository-files.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import { runnersOf } from "./runners.ts";
import type { Runners } from "./runners.ts";
import { workflowRunsOf } from "./workflow-runs.ts";
import type { WorkflowRuns } from "./workflow-runs.ts";
import { createWritePace } from "./write-pace.ts";
import type { WritePace } from "./write-pace.ts";

/** Milliseconds for one attempt of a request. */
const requestLimitMs = 20_000;

/** A rate limit is waited for if it is lifted within this number of seconds, and this number of times. */
const rateLimit = { maxWaitSeconds: 900, maxWaits: 2 };

/** The GitHub clients of the operator's command. */
export interface Github {
  /** The runners of the environment's repository or organisation. */
  runners: Runners;
  runs: (place: { owner: string; repository: string }) => WorkflowRuns;
  files: (place: { owner: string; repository: string }) => RepositoryFiles;
}

export interface GithubOptions {
  /** One line for the operator, for example that a rate limit is being waited for. */
  say: (line: string) => void;
  /** Milliseconds that a second of back-off takes. Default 1000; tests do not wait. */
  secondMs?: number;
  /** Default: GitHub's; tests do not wait. */
  pace?: WritePace;
}

/** The part of the target that a connection needs; without a repository the runners are the organisation's. */
export type GithubTarget = Pick<Target["github"], "apiUrl" | "owner" | "repository">;

/** Connects to the REST API. Nothing is requested yet. */
export function connectGithub(
  target: GithubTarget,
  credentials: GithubCredentials,
  options: GithubOptions,
): Github {
  const octokit = createOctokit(target.apiUrl, credentials, options);
  return {
    runners: runnersOf(octokit, target.owner, target.repository),
    runs: ({ owner, repository }) => workflowRunsOf(octokit, owner, repository),
    files: ({ owner, repository }) => repositoryFilesOf(octokit, owner, repository),
  };
}

function createOctokit(
  baseUrl: string,
  credentials: GithubCredentials,
  {
    say,
    secondMs = 1000,
    pace = createWritePace({ now: () => performance.now(), sleep: systemClock.sleep }),
  }: GithubOptions,
): Octokit {
  const waitFor =
    (kind: string) =>
    (seconds: number, _request: object, _octokit: object, waits: number): boolean => {
      const waiting = seconds <= rateLimit.maxWaitSeconds && waits < rateLimit.maxWaits;
      if (waiting) say(`GitHub's ${kind} is reached: going on in ${seconds} s.`);
      return waiting;
    };
  return new (Octokit.plugin(retry, throttling))({
    baseUrl,
    ...authentication(credentials),
    userAgent: "longhaul",
    // Every error reaches the caller; octokit's own log lines would repeat it.
    log: { debug: nothing, info: nothing, warn: say, error: nothing },
    request: { fetch: fetchWithLimit },
    retry: { retryAfterBaseValue: secondMs },
    throttle: {
      // The plugin shares its queues between all connections of the same id.
      id: `longhaul-${++connections}`,
      retryAfterBaseValue: secondMs,
      onRateLimit: waitFor("rate limit"),
      onSecondaryRateLimit: waitFor("secondary rate limit"),
      ...queueOfWrites(pace),
    },
  });
}

/** Replaces the plugin's own queue: only this method of its type, a class of Bottleneck, is called. */
function queueOfWrites(pace: WritePace): Readonly<Record<string, unknown>> {
  const schedule = async (_options: object, write: () => Promise<unknown>) => {
    await pace.turn();
    return write();
  };
  return { write: { key: () => ({ schedule }) } };
}

let connections = 0;

function authentication(credentials: GithubCredentials) {
  if (credentials.kind === "token") return { auth: credentials.token };
  const { id, installationId, privateKey } = credentials.app;
  return {
    authStrategy: createAppAuth,
    auth: { appId: id, installationId, privateKey },
  };
}

/** The limit is set here and not in a request's options, where one signal would apply to all retries together. */
function fetchWithLimit(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(requestLimitMs) });
}

function nothing(): void {
  // Octokit requires a function.
}
