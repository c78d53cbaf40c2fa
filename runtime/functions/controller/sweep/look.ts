import type { SweepConfiguration } from "../../../../contract/controller.ts";
import { isObject } from "../../../../contract/json.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import { parseJson } from "../../../aws/json.ts";
import type { JobReport } from "../../job-table.ts";
import { readWorkflowJob } from "../../workflow-job.ts";
import { GithubRefusal } from "./ask.ts";
import type { Question } from "./ask.ts";

/** Asks with an installation's token: see {@link Ask}. */
export type AskAsInstallation = (path: string, question?: Pick<Question, "leave">) => Promise<string>;

/** GitHub's largest page. */
const perPage = 100;

/** Runs of which a job can be queued or have a machine, those first that nobody has begun. */
const openStates = ["queued", "in_progress"];

export interface Look {
  /** Where the round of the repositories and of their runs begins: see {@link inTurn}. */
  turn: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Requests that are not to be used for lists. */
  leave: number;
}

/**
 * Every job that GitHub lists in the runs that are not over. A repository that
 * GitHub does not find (any more) is passed over.
 *
 * @throws what `ask` does, after the jobs that it came to
 */
export async function* listJobs(
  { owner, repositories }: Pick<SweepConfiguration, "owner" | "repositories">,
  { turn, now, leave }: Look,
  ask: AskAsInstallation,
): AsyncGenerator<JobReport> {
  for (const name of inTurn(repositories, turn)) {
    const actions = `/repos/${owner}/${name}/actions`;
    try {
      for (const status of openStates) {
        const query = `status=${status}&exclude_pull_requests=true`;
        const runs = await pages(`${actions}/runs?${query}`, "workflow_runs", leave, ask);
        for (const { id, repository } of inTurn(runs, turn)) {
          if (!Number.isSafeInteger(id)) continue;
          const fullName = isObject(repository) ? repository.full_name : undefined;
          for (const job of await pages(
            `${actions}/runs/${id as number}/jobs?filter=latest`,
            "jobs",
            leave,
            ask,
          )) {
            const read = readWorkflowJob(job, { repository: fullName, state: job.status, now });
            if (read.kind === "job") yield read.job;
          }
        }
      }
    } catch (error) {
      if (!(error instanceof GithubRefusal && error.status === 404)) throw error;
    }
  }
}

/**
 * What has become of a job of the table. One that GitHub does not find is over:
 * its run was deleted, and the token is good for its repository.
 *
 * @returns undefined when it is in a state that is none of a job for runners
 * @throws what `ask` does
 */
export async function askForJob(
  { id, repository, labels, queuedAt, runner }: WaitingJob,
  now: number,
  ask: AskAsInstallation,
): Promise<JobReport | undefined> {
  const gone: JobReport = {
    id,
    repository,
    labels,
    state: "completed",
    queuedAt,
    ...(runner !== undefined && { runner }),
  };
  try {
    const job = parseJson(await ask(`/repos/${repository}/actions/jobs/${id}`));
    if (!isObject(job) || String(job.id) !== id) return undefined;
    const read = readWorkflowJob(job, { repository, state: job.status, now });
    return read.kind === "job" ? read.job : undefined;
  } catch (error) {
    if (error instanceof GithubRefusal && error.status === 404) return gone;
    throw error;
  }
}

/** All entries of a list that GitHub gives in pages. */
async function pages(
  path: string,
  key: string,
  leave: number,
  ask: AskAsInstallation,
): Promise<Record<string, unknown>[]> {
  const entries: Record<string, unknown>[] = [];
  for (let page = 1; ; page++) {
    const answer = parseJson(await ask(`${path}&per_page=${perPage}&page=${page}`, { leave }));
    const found = isObject(answer) && Array.isArray(answer[key]) ? (answer[key] as unknown[]) : [];
    entries.push(...found.filter(isObject));
    if (found.length < perPage) return entries;
  }
}

/** Spreads the beginnings of successive turns evenly over any number of things. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * The same things in the same order, begun elsewhere at each turn: where there
 * are more than can be asked for at once, each is among the first within a few
 * turns, and two that ask at the same turn ask for the same.
 */
export function inTurn<Thing>(things: readonly Thing[], turn: number): Thing[] {
  const start = Math.floor(((turn * goldenRatio) % 1) * things.length);
  return [...things.slice(start), ...things.slice(0, start)];
}
