import type { SweepConfiguration } from "../../../../contract/controller.ts";
import { isObject } from "../../../../contract/json.ts";
import { openRunStates } from "../../../../contract/run-states.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import { parseJson } from "../../../aws/json.ts";
import type { JobReport } from "../../job-table.ts";
import { readWorkflowJob } from "../../workflow-job.ts";
import { GithubRefusal } from "./ask.ts";
import type { AskAsInstallation } from "./ask-as-installation.ts";

/** GitHub's largest page. */
const perPage = 100;

/**
 * The states of runs that are not over, in two rounds of all repositories: what
 * is held in one of them (which can be for a month, by a rule of a deployment)
 * must not use up the requests for what waits for a machine now in another.
 */
const goingStates: readonly string[] = ["queued", "in_progress"];
const heldStates = openRunStates.filter((state) => !goingStates.includes(state));

export interface SweepLook {
  /** Where the round of the repositories and of their runs begins: see {@link inTurn}. */
  turn: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Requests that are not to be used for lists. */
  leave: number;
}

/**
 * Every job that GitHub lists in the runs that are not over. A repository that
 * GitHub does not find keeps nobody from the others: its refusal comes last.
 *
 * @throws what `ask` does, after the jobs that it came to
 */
export async function* listJobs(
  { owner, repositories }: Pick<SweepConfiguration, "owner" | "repositories">,
  look: SweepLook,
  ask: AskAsInstallation,
): AsyncGenerator<JobReport> {
  const refusals = new Map<string, GithubRefusal>();
  for (const states of [goingStates, heldStates]) {
    for (const name of inTurn(repositories, look.turn)) {
      if (refusals.has(name)) continue;
      try {
        yield* listJobsOf(`/repos/${owner}/${name}/actions`, states, look, ask);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        refusals.set(name, error);
      }
    }
  }
  const [refusal] = refusals.values();
  if (refusal) throw refusal;
}

async function* listJobsOf(
  actions: string,
  states: readonly string[],
  { turn, now, leave }: SweepLook,
  ask: AskAsInstallation,
): AsyncGenerator<JobReport> {
  for (const status of states) {
    const query = `status=${status}&exclude_pull_requests=true`;
    const runs = await pages(`${actions}/runs?${query}`, "workflow_runs", leave, ask);
    for (const { id, repository } of inTurn(runs, turn)) {
      if (!Number.isSafeInteger(id)) continue;
      const fullName = isObject(repository) ? repository.full_name : undefined;
      const path = `${actions}/runs/${id as number}/jobs?filter=latest`;
      for (const job of await pages(path, "jobs", leave, ask)) {
        const read = readWorkflowJob(job, { repository: fullName, state: job.status, now });
        if (read.kind === "job") yield read.job;
      }
    }
  }
}

/**
 * What has become of a job of the table. One that GitHub does not find is over
 * where it does find the repository: the job's run was deleted.
 *
 * @returns undefined when nobody can tell, or it is in a state that is none of a job for runners
 * @throws what `ask` does
 */
export async function askForJob(
  known: WaitingJob,
  now: number,
  ask: AskAsInstallation,
): Promise<JobReport | undefined> {
  const { id, repository, labels, queuedAt, runner } = known;
  const actions = `/repos/${repository}/actions`;
  const job = await answerAt(`${actions}/jobs/${id}`, ask);
  if (job !== undefined) {
    if (!isObject(job) || String(job.id) !== id) return undefined;
    const read = readWorkflowJob(job, { repository, state: job.status, now });
    return read.kind === "job" ? read.job : undefined;
  }
  if ((await answerAt(`${actions}/runs?per_page=1`, ask)) === undefined) return undefined;
  return { id, repository, labels, state: "completed", queuedAt, ...(runner !== undefined && { runner }) };
}

/** What GitHub has at a path: null where its answer is no JSON, undefined where it finds nothing. */
async function answerAt(path: string, ask: AskAsInstallation): Promise<unknown> {
  try {
    return parseJson(await ask(path)) ?? null;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function isNotFound(error: unknown): error is GithubRefusal {
  return error instanceof GithubRefusal && error.status === 404;
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
