import { isTransient } from "../clients/service-error.ts";
import type { Run } from "../clients/workflow-runs.ts";
import { nextPollMs, progressLine } from "./follow-pace.ts";
import type { RunCollaborators } from "./start-run.ts";

const defaultPollMs = 15_000;

/** Milliseconds without an answer from GitHub that are tolerated: following a run of hours must survive an outage of hours. */
const patienceMs = 3 * 3_600_000;

export interface FollowOptions {
  runId: number;
  /** Its expected duration, if that is known. */
  minutes?: number;
  /** Milliseconds between two looks near the expected end. Default 15 seconds. */
  pollMs?: number;
}

/** A run that has ended. */
export interface EndedRun extends Run {
  conclusion: string;
}

/**
 * Follows a run to its end, with a line of progress.
 *
 * @throws ServiceError if GitHub refuses, or has not answered for three hours
 */
export async function followRun(
  { runs, clock, output }: RunCollaborators,
  { runId, minutes, pollMs = defaultPollMs }: FollowOptions,
): Promise<EndedRun> {
  let failures = 0;
  let lastAnswer = clock.now();
  let remainingMinutes = minutes;
  for (;;) {
    try {
      const run = await runs.get(runId);
      if (run.status === "completed") return { ...run, conclusion: run.conclusion ?? "no conclusion" };
      const job = (await runs.jobs(runId)).find(({ status }) => status === "in_progress");
      const progress = progressLine(job, minutes, clock.now());
      remainingMinutes = progress.remainingMinutes;
      output.progress(progress.line);
      failures = 0;
      lastAnswer = clock.now();
    } catch (error) {
      if (!isTransient(error) || clock.now() - lastAnswer > patienceMs) throw error;
      failures += 1;
      if (failures === 1) output.say(`${error.message} Trying again.`);
    }
    await clock.sleep(nextPollMs({ pollMs, failures, remainingMinutes }));
  }
}
