import { basename, dirname, join } from "node:path";
import type { AcquiredJob } from "./exchange.ts";

/** Folders of a job below the runner's work folder. */
export interface JobFolders {
  /** `_work/<repository>/<repository>`. */
  workspace: string;
  temp: string;
  toolCache: string;
  /** act's own folders: actions, and the folders in which it runs the steps. */
  act: string;
}

export function jobFolders(work: string, repository: string): JobFolders {
  const name = basename(repository);
  return {
    workspace: join(work, name, name),
    temp: join(work, "_temp"),
    toolCache: join(work, "_tool"),
    act: join(work, "_act"),
  };
}

/** Default variables of a job. Hooks see them, and so do steps where act leaves them to its caller. */
export function jobVariables(
  job: AcquiredJob,
  runnerName: string,
  folders: JobFolders,
): Record<string, string> {
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTOR: job.actor,
    GITHUB_API_URL: job.apiUrl,
    GITHUB_EVENT_NAME: job.event,
    GITHUB_EVENT_PATH: join(folders.temp, "event.json"),
    GITHUB_GRAPHQL_URL: `${job.serverUrl}/api/graphql`,
    GITHUB_JOB: job.jobKey,
    GITHUB_REF: job.ref,
    GITHUB_REF_NAME: job.ref.replace(/^refs\/\w+\//, ""),
    GITHUB_REPOSITORY: job.repository,
    GITHUB_REPOSITORY_OWNER: job.repository.split("/")[0]!,
    GITHUB_RUN_ATTEMPT: String(job.runAttempt),
    GITHUB_RUN_ID: String(job.runId),
    GITHUB_RUN_NUMBER: String(job.runNumber),
    GITHUB_SERVER_URL: job.serverUrl,
    GITHUB_SHA: job.sha,
    GITHUB_WORKFLOW: job.workflow,
    GITHUB_WORKSPACE: folders.workspace,
    RUNNER_ARCH: process.arch.toUpperCase(),
    RUNNER_ENVIRONMENT: "self-hosted",
    RUNNER_NAME: runnerName,
    RUNNER_OS: "Linux",
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_WORKSPACE: dirname(folders.workspace),
  };
}

/** Variables that act sets itself, for the folder in which it runs the steps. */
const madeByAct = new Set(["GITHUB_WORKSPACE", "GITHUB_EVENT_PATH", "RUNNER_TEMP", "RUNNER_TOOL_CACHE"]);

/**
 * The command line of act for a job. It does not contain the job's token: act
 * takes `GITHUB_TOKEN` from its environment.
 */
export function actArguments(
  job: AcquiredJob,
  files: { workflow: string; event: string },
  folders: JobFolders,
  variables: Readonly<Record<string, string>>,
): string[] {
  return [
    job.event,
    ...["--workflows", files.workflow, "--job", job.jobKey, "--eventpath", files.event],
    ...["--json", "--pull=false", "--no-cache-server", "--concurrent-jobs", "1"],
    ...["--action-cache-path", folders.act, "--directory", folders.workspace, "--actor", job.actor],
    ...["--secret", "GITHUB_TOKEN"],
    ...["self-hosted", ...job.labels].flatMap((label) => [
      "--platform",
      `${label.toLowerCase()}=-self-hosted`,
    ]),
    ...Object.entries(job.inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`]),
    ...Object.entries(variables)
      .filter(([name]) => !madeByAct.has(name))
      .flatMap(([name, value]) => ["--env", `${name}=${value}`]),
  ];
}
