import { randomBytes } from "node:crypto";
import type { Endpoints } from "@octokit/types";
import type { Clock } from "../clock.ts";
import type { BranchRules } from "./branch-rules.ts";
import type { Faults } from "./faults.ts";
import type { KnownApp, KnownToken, OfferedRunner, WireTimes } from "./options.ts";
import type { JobDefinition, WorkflowFile } from "./workflow-file.ts";

/*
 * The emulated GitHub's state. Times are milliseconds of the cloud's clock,
 * except where they are named `…WireMs`.
 */

export interface StoredFile {
  content: Buffer;
  /** Git's hash of the blob. */
  sha: string;
  /** The last commit that touched it. */
  commitSha: string;
}

export interface Repository {
  id: number;
  owner: string;
  name: string;
  /**
   * `owner/name` before the repository was renamed. Requests for it reach this
   * repository, as by GitHub's redirects.
   */
  formerName?: string;
  defaultBranch: string;
  branches: Map<string, { sha: string; files: Map<string, StoredFile> }>;
  /** What the default branch requires of commits. Absent: nothing. */
  rules?: BranchRules | undefined;
  /** Whether the repository is read-only. */
  archived?: boolean;
  /** Events that may start a run under the owner's Actions policies. Absent: all. */
  allowedEvents?: readonly string[] | undefined;
}

/** A variable as the API shows it. Only organisations' variables have `visibility`. */
export type Variable = Endpoints["GET /repos/{owner}/{repo}/actions/variables/{name}"]["response"]["data"] & {
  visibility?: "all" | "private" | "selected";
};

/** A variable as the API shows it, with the repositories that may use it if its visibility is `selected`. */
export interface RunnerGroup {
  body: Endpoints["GET /orgs/{org}/actions/runner-groups/{runner_group_id}"]["response"]["data"];
  repositoryIds: number[];
}

/** A webhook of a repository or of the organisation. */
export interface Hook {
  id: number;
  /** `owner/repository`, or the organisation. */
  scope: string;
  active: boolean;
  events: string[];
  url: string;
  /** GitHub's default is `form`. */
  contentType: "json" | "form";
  secret: string | undefined;
  createdAt: number;
  updatedAt: number;
}

/** A delivery that was sent. */
export interface Delivery {
  /** As in `x-github-delivery`. */
  id: string;
  hookId: number;
  event: "ping" | "workflow_job";
  /** The event's action: `queued`, `in_progress`, `completed`. */
  action: string | undefined;
  jobId: number | undefined;
  /** HTTP status of the answer; 0 when it did not come in time; undefined while it is awaited. */
  status: number | undefined;
}

export interface Message {
  messageId: number;
  /** `Hang` is not one of GitHub's messages: it makes the stand-in runner behave like a hung listener. */
  type: "RunnerJobRequest" | "JobCancellation" | "AgentRefresh" | "Hang";
  body: { requestId: string } | { targetVersion: string } | Record<string, never>;
}

/** A listener's connection: messages wait here until it polls. */
export interface Session {
  id: string;
  lastPollWireMs: number;
  openPolls: number;
  /** Real seconds after the last poll during which the runner cannot open another session. */
  lingerSeconds: number;
  messages: Message[];
  /** Answers each poll with `Hang`. A message in the queue could be lost with a poll that the listener interrupts. */
  hangs: boolean;
  /** Ends the wait of an open poll. */
  wake: () => void;
}

export interface RunnerEntry {
  id: number;
  name: string;
  /** `owner/repository`, or the organisation. */
  scope: string;
  groupId: number;
  version: string;
  os: string;
  /** Labels that GitHub adds: `self-hosted`, the system, the architecture. They are read-only. */
  systemLabels: string[];
  customLabels: string[];
  /**
   * Until then the runner also gets jobs for these labels. Its token still claims
   * them, although they are listed nowhere.
   */
  keptLabels?: { names: readonly string[]; untilWireMs: number };
  clientId: string;
  secret: string;
  session: Session | undefined;
  lastSeen: number;
  /** When it first had a session; absent until then. */
  firstOnlineAt?: number;
}

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

export interface Step {
  name: string;
  number: number;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  startedAt?: string | null;
  completedAt?: string | null;
}

export interface Job {
  id: number;
  requestId: string;
  run: Run;
  key: string;
  definition: JobDefinition;
  name: string;
  /** The evaluated `runs-on`. */
  labels: string[];
  timeoutMinutes: number;
  /** `waiting`: for the jobs that it needs. */
  status: "waiting" | "queued" | "in_progress" | "completed";
  conclusion: Conclusion | undefined;
  createdAt: number;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** The runner that a message was sent to, until it acquires the job. */
  offer: { runner: RunnerEntry; messageId: number; sinceWireMs: number; acknowledged: boolean } | undefined;
  misses: number;
  /** The runner that acquired the job; kept when the runner's registration is deleted. */
  runner: RunnerEntry | undefined;
  token: string;
  lockedUntilWireMs: number;
  cancelledWireMs: number | undefined;
  steps: Step[];
  log: string[];
  summary: string;
  outputs: Record<string, string>;
  /** GitHub's own messages about the job, as in a run's annotations. */
  annotations: string[];
}

export interface Run {
  id: number;
  number: number;
  repository: Repository;
  workflow: WorkflowFile;
  path: string;
  text: string;
  title: string;
  event: "workflow_dispatch";
  branch: string;
  sha: string;
  actor: string;
  inputs: Record<string, string | boolean>;
  createdAt: number;
  updatedAt: number;
  status: "queued" | "in_progress" | "completed";
  /** `startup_failure`: the run has no jobs, because GitHub did not let it start. */
  conclusion: Conclusion | "startup_failure" | undefined;
  cancelled: boolean;
  /** Set by a fault: the run's jobs are never assigned. */
  neverStarts: boolean;
  jobs: Job[];
}

export interface DispatchRecord {
  repository: string;
  workflow: string;
  ref: string;
  inputs: Record<string, unknown>;
  at: number;
  runId: number | undefined;
}

export interface Model {
  clock: Clock;
  wireNow: () => number;
  wire: WireTimes;
  faults: Faults;
  minimumRunnerVersion: string;
  /** The runner software that GitHub offers. Older versions are refused 30 days after it was released. */
  offeredRunner: OfferedRunner;
  hourlyRateLimit: number;
  /** The server's address, without a trailing slash. */
  url: string;
  organization: string;
  repositories: Repository[];
  tokens: Map<string, KnownToken>;
  apps: readonly KnownApp[];
  registrationTokens: Map<string, { scope: string; expiresAt: number }>;
  groups: RunnerGroup[];
  /** By scope, then by name. */
  variables: Map<string, Map<string, Variable>>;
  runners: RunnerEntry[];
  runs: Run[];
  dispatches: DispatchRecord[];
  hooks: Hook[];
  /** What was sent to the hooks, the oldest first. */
  deliveries: Delivery[];
  nextId: () => number;
}

export const fullName = (repository: Repository): string => `${repository.owner}/${repository.name}`;
export const newSecret = (prefix: string): string => `${prefix}${randomBytes(16).toString("hex")}`;
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
export const isoTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

export const allJobs = (model: Model): Job[] => model.runs.flatMap((run) => run.jobs);

export function variablesOf(model: Model, scope: string): Map<string, Variable> {
  const found = model.variables.get(scope) ?? new Map<string, Variable>();
  model.variables.set(scope, found);
  return found;
}

/** GitHub shows a runner as online while it polls, and for a while afterwards. */
export function isOnline(model: Model, runner: RunnerEntry): boolean {
  const { session } = runner;
  if (!session) return false;
  return (
    session.openPolls > 0 || model.wireNow() - session.lastPollWireMs < model.wire.offlineAfterSeconds * 1000
  );
}

/** Whether the runner really runs a job. The API's flag may differ from this. */
export function isRunning(model: Model, runner: RunnerEntry): boolean {
  return model.runs.some(
    (run) =>
      run.status !== "completed" &&
      run.jobs.some((job) => job.runner === runner && job.status === "in_progress"),
  );
}
