import type { Clock } from "../clock.ts";

/** What a token may do. `repo`: its repositories with their runners; `workflow`: files in .github/workflows; `admin:org`: the organisation's runners, groups and variables. */
export type Scope = "repo" | "workflow" | "admin:org";

export interface KnownToken {
  login: string;
  scopes: readonly Scope[];
  /** Set on the token of an App's installation: what it may do, in place of scopes. */
  installation?: InstallationAccess;
}

/** What an App may do with a kind of resource. */
export type AppPermissions = Readonly<Record<string, "read" | "write">>;

export interface InstallationAccess {
  permissions: AppPermissions;
  /** Names of the repositories that it is for. */
  repositories: readonly string[];
  /** In the cloud's time. */
  expiresAt: number;
  /** How many requests with it are still refused, because it is new. */
  refusals: number;
}

/** A GitHub App and its one installation, on the organisation. */
export interface KnownApp {
  id: number;
  installationId: number;
  /** PEM text of the public half of its key. */
  publicKey: string;
  permissions: AppPermissions;
  /** Names of the repositories that it is installed on. */
  repositories: readonly string[];
}

/**
 * Limits of the exchange with runners, in real seconds: listeners and workers
 * are real processes, however fast the cloud's clock runs.
 */
export interface WireTimes {
  /** How long a poll for messages is held open. */
  pollSeconds: number;
  /** A job message that is not acknowledged, or not followed by an acquisition, goes back to the queue after this. */
  requeueSeconds: number;
  /** How often that may happen to one job before it is cancelled. */
  maxMisses: number;
  /** A job whose worker has not renewed its lock for so long is lost. */
  lockSeconds: number;
  renewEverySeconds: number;
  /** How long a session that was not deleted keeps others out after its last poll. */
  sessionLingerSeconds: number;
  /** A runner is shown offline when it has not polled for so long. */
  offlineAfterSeconds: number;
  /** A cancelled job that its runner does not end is ended by GitHub after this. */
  cancelGraceSeconds: number;
}

/** A release of the runner software. */
export interface OfferedRunner {
  version: string;
  /** In the cloud's time. */
  releasedAt: number;
  /** Of both architectures' tarballs. Absent: GitHub does not say. */
  sha256?: string;
}

export interface LocalGithubOptions {
  /** Default: `acme`. */
  organization?: string;
  /** Names of its repositories. Default: `app`. */
  repositories?: readonly string[];
  /** The token that the provider uses when its configuration has none, as the real one takes it from GITHUB_TOKEN. */
  providerToken?: string;
  wire?: Partial<WireTimes>;
  /** The computer's time in milliseconds, for everything in {@link WireTimes} and for rate limits. */
  wireNow?: () => number;
  /** Runners below it get no session. Default: what facts say GitHub refuses, `2.329.0`. */
  minimumRunnerVersion?: string;
  /** Requests per hour and token. Default: 5,000, as documented. */
  hourlyRateLimit?: number;
}

export interface GithubArguments {
  clock: Clock;
  /** By token text. Default: `local-github-token` with every scope. */
  tokens?: Readonly<Record<string, KnownToken>>;
  /** Default: none. */
  apps?: readonly KnownApp[];
  /** What runner releases are answered with, whatever their version. */
  tarball?: { path: string };
  options: LocalGithubOptions;
}

export const defaultTokens: Readonly<Record<string, KnownToken>> = {
  "local-github-token": { login: "longhaul", scopes: ["repo", "workflow", "admin:org"] },
};

/** GitHub's own, as documented or observed. */
export const defaultWireTimes: WireTimes = {
  pollSeconds: 50,
  requeueSeconds: 60,
  maxMisses: 3,
  lockSeconds: 600,
  renewEverySeconds: 60,
  sessionLingerSeconds: 240,
  offlineAfterSeconds: 90,
  cancelGraceSeconds: 300,
};

/** Limits in the cloud's time. */
export const cloudLimits = {
  registrationTokenMs: 3_600_000,
  installationTokenMs: 3_600_000,
  /** A job nobody takes. */
  queuedJobMs: 24 * 3_600_000,
  /** A version of the runner software, after the next one came out. */
  olderRunnerMs: 30 * 24 * 3_600_000,
  /** A registration that is not used. */
  offlineRunnerMs: 14 * 24 * 3_600_000,
  /** `timeout-minutes` where the workflow says nothing, on self-hosted runners too. */
  jobTimeoutMinutes: 360,
} as const;
