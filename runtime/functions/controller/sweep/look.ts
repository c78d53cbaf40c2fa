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
 * The states of runs that are not over. They are listed in two rounds of all
 * repositories. Runs that a deployment's rule holds, which can take a month, must
 * not use up the requests for runs of other repositories that need a machine now.
 */
const goingStates: readonly string[] = ["queued", "in_progress"];
const heldStates = openRunStates.filter((state) => !goingStates.includes(state));

export interface SweepLook {
  /** Determines with which repository, and with which of its runs, the sweep begins: see {@link inTurn}. */
  turn: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Number of requests to keep for single jobs. Lists do not use them. */
  leave: number;
}

/**
 * Every job that GitHub lists in the runs that are not over. If GitHub does not
 * find a repository, the others are still listed, and the error is thrown last.
 *
 * @throws what `ask` throws, after the jobs that were listed before
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
 * The present state of a job of the table. If GitHub finds the repository but not
 * the job, the job's run was deleted, so the job counts as completed.
 *
 * @returns undefined if GitHub's answers do not tell, or if the state does not concern runners
 * @throws what `ask` throws
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

/** GitHub's answer at a path: null if it is not JSON, undefined if GitHub finds nothing there. */
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

/** A step by which successive turns begin at places spread evenly over a list of any length. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * Rotates a list by a different amount at each turn. If there are more items than
 * one sweep can ask for, each of them is among the first within a few turns. Two
 * sweeps of the same turn get the same order.
 */
export function inTurn<Thing>(things: readonly Thing[], turn: number): Thing[] {
  const start = Math.floor(((turn * goldenRatio) % 1) * things.length);
  return [...things.slice(start), ...things.slice(0, start)];
}
