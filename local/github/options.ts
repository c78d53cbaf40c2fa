import type { Clock } from "../clock.ts";

/**
 * A token's scope. `repo`: its repositories with their runners; `workflow`:
 * files in .github/workflows; `admin:org`: the organisation's runners, groups
 * and variables.
 */
export type Scope = "repo" | "workflow" | "admin:org";

export interface KnownToken {
  login: string;
  scopes: readonly Scope[];
  /** Set on the token of an App's installation: its permissions, which take the place of scopes. */
  installation?: InstallationAccess;
}

/** What an App may do with a kind of resource. */
export type AppPermissions = Readonly<Record<string, "read" | "write">>;

export interface InstallationAccess {
  permissions: AppPermissions;
  /** Names of the repositories that the token is for. */
  repositories: readonly string[];
  /** In the cloud's time. */
  expiresAt: number;
  /** How many requests with this token are still refused, because it is new. */
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
  /**
   * A job message goes back to the queue after this time if it is not
   * acknowledged, or if no acquisition follows.
   */
  requeueSeconds: number;
  /** How often a job may go back to the queue before it is cancelled. */
  maxMisses: number;
  /** A job is lost when its worker has not renewed its lock for this long. */
  lockSeconds: number;
  renewEverySeconds: number;
  /** How long after its last poll a session that was not deleted keeps the runner from opening another. */
  sessionLingerSeconds: number;
  /** A runner is shown as offline when it has not polled for this long. */
  offlineAfterSeconds: number;
  /** GitHub ends a cancelled job after this time if its runner does not. */
  cancelGraceSeconds: number;
}

/** A release of the runner software. */
export interface OfferedRunner {
  version: string;
  /** In the cloud's time. */
  releasedAt: number;
  /** Checksums of both architectures' tarballs. Absent: GitHub does not publish them. */
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
  /** The computer's time in milliseconds, for {@link WireTimes} and for rate limits. */
  wireNow?: () => number;
  /**
   * Runners below this version get no session. Default: `2.329.0`, the minimum
   * that GitHub is known to refuse below.
   */
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
  /** The file that is served for every runner release, whatever its version. */
  tarball?: { path: string };
  options: LocalGithubOptions;
}

export const defaultTokens: Readonly<Record<string, KnownToken>> = {
  "local-github-token": { login: "longhaul", scopes: ["repo", "workflow", "admin:org"] },
};

/** GitHub's own times, as documented or observed. */
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
  /** How long a job stays queued before it is cancelled. */
  queuedJobMs: 24 * 3_600_000,
  /** How long a version of the runner software is accepted after the next one was released. */
  olderRunnerMs: 30 * 24 * 3_600_000,
  /** How long a registration is kept while it is not used. */
  offlineRunnerMs: 14 * 24 * 3_600_000,
  /** The default of `timeout-minutes`, on self-hosted runners too. */
  jobTimeoutMinutes: 360,
} as const;
