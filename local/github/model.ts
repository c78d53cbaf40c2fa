import { randomBytes } from "node:crypto";
import type { Endpoints } from "@octokit/types";
import type { Clock } from "../clock.ts";
import type { BranchRules } from "./branch-rules.ts";
import type { Faults } from "./faults.ts";
import type { KnownApp, KnownToken, OfferedRunner, WireTimes } from "./options.ts";
import type { JobDefinition, WorkflowFile } from "./workflow-file.ts";

/* What the emulated GitHub knows. Times are milliseconds of the cloud's clock, except where they are named `…WireMs`. */

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
  /** `owner/name` before it was renamed: requests for it are for this repository, as by GitHub's redirects. */
  formerName?: string;
  defaultBranch: string;
  branches: Map<string, { sha: string; files: Map<string, StoredFile> }>;
  /** What the default branch demands of commits. Absent: nothing. */
  rules?: BranchRules | undefined;
  /** It takes no change any more. */
  archived?: boolean;
  /** Events that the owner's Actions policies let start a run. Absent: all. */
  allowedEvents?: readonly string[] | undefined;
}

/** As the API shows it; `visibility` is for organisations only. */
export type Variable = Endpoints["GET /repos/{owner}/{repo}/actions/variables/{name}"]["response"]["data"] & {
  visibility?: "all" | "private" | "selected";
};

/** As the API shows it, with the repositories that may use it where its visibility is `selected`. */
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
  /** GitHub's own choice, where nobody makes one, is `form`. */
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
  /** What the event says happened: `queued`, `in_progress`, `completed`. */
  action: string | undefined;
  jobId: number | undefined;
  /** HTTP status of the answer; 0 where there was none in time; undefined while it is awaited. */
  status: number | undefined;
}

export interface Message {
  messageId: number;
  /** `Hang` is none of GitHub's: it tells the stand-in runner to do as a hung listener. */
  type: "RunnerJobRequest" | "JobCancellation" | "AgentRefresh" | "Hang";
  body: { requestId: string } | { targetVersion: string } | Record<string, never>;
}

/** A listener's connection: messages wait here until it polls. */
export interface Session {
  id: string;
  lastPollWireMs: number;
  openPolls: number;
  /** Real seconds after the last poll during which the runner gets no other session. */
  lingerSeconds: number;
  messages: Message[];
  /** Ends the waiting of an open poll. */
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
  /** Added by GitHub: `self-hosted`, the system, the architecture. Read-only. */
  systemLabels: string[];
  customLabels: string[];
  /** Jobs are given to it by these as well, until then: what its token still claims, listed nowhere. */
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
  /** What `runs-on` came to. */
  labels: string[];
  timeoutMinutes: number;
  /** `waiting`: for the jobs it needs. */
  status: "waiting" | "queued" | "in_progress" | "completed";
  conclusion: Conclusion | undefined;
  createdAt: number;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** The runner that a message was sent to, until it acquires the job. */
  offer: { runner: RunnerEntry; messageId: number; sinceWireMs: number; acknowledged: boolean } | undefined;
  misses: number;
  /** The runner that acquired it; kept when its registration goes. */
  runner: RunnerEntry | undefined;
  token: string;
  lockedUntilWireMs: number;
  cancelledWireMs: number | undefined;
  steps: Step[];
  log: string[];
  summary: string;
  outputs: Record<string, string>;
  /** What GitHub itself has to say, as in a run's annotations. */
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
  /** `startup_failure`: it has no jobs, because GitHub did not let it start. */
  conclusion: Conclusion | "startup_failure" | undefined;
  cancelled: boolean;
  /** A fault: its jobs are never handed out. */
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
  /** The runner software that it offers; what came before is refused 30 days after it came out. */
  offeredRunner: OfferedRunner;
  hourlyRateLimit: number;
  /** Where it listens, without a trailing slash. */
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
  /** What the hooks were told, the oldest first. */
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

/** Real GitHub shows a runner online while it polls, and for a while after. */
export function isOnline(model: Model, runner: RunnerEntry): boolean {
  const { session } = runner;
  if (!session) return false;
  return (
    session.openPolls > 0 || model.wireNow() - session.lastPollWireMs < model.wire.offlineAfterSeconds * 1000
  );
}

/** Whether it runs a job: the truth, which the API's flag need not tell. */
export function isRunning(model: Model, runner: RunnerEntry): boolean {
  return model.runs.some(
    (run) =>
      run.status !== "completed" &&
      run.jobs.some((job) => job.runner === runner && job.status === "in_progress"),
  );
}
