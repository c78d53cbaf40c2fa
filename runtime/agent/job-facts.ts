import { rmSync } from "node:fs";
import { readSmallFile } from "./tail.ts";

/** What the start hook read of a job from GitHub's variables. */
export interface RunnerJobFacts {
  repository: string | null;
  workflow: string | null;
  runId: string | null;
  runAttempt: string | null;
  job: string | null;
}

export const unknownFacts: RunnerJobFacts = {
  repository: null,
  workflow: null,
  runId: null,
  runAttempt: null,
  job: null,
};

/**
 * Reads what the start hook of one job wrote: one value a line, in the order of
 * job-hooks.sh. The hook is a child of the job's worker, and its file has the
 * name of that process. A job can write there too, so only the form is trusted,
 * and no decision rests on it.
 *
 * @param folder where hooks write
 * @param worker process id of the job's worker; null: it has none yet
 */
export function readJobFacts(folder: string, worker: number | null): RunnerJobFacts {
  const text = worker === null ? undefined : readSmallFile(factsFile(folder, worker));
  const [repository, runId, runAttempt, job, workflow] = text?.split("\n") ?? [];
  const fits = (value: string | undefined, form: RegExp) => (value && form.test(value) ? value : null);
  return {
    repository: fits(repository, /^[\w.-]+\/[\w.-]+$/),
    runId: fits(runId, /^\d+$/),
    runAttempt: fits(runAttempt, /^\d+$/),
    job: fits(job, /^[\w-]+$/),
    workflow: fits(workflow, /^.+$/),
  };
}

/** Nothing is known of the job: its hook has not run, or has written nothing. */
export function isUnknown(facts: RunnerJobFacts): boolean {
  return Object.values(facts).every((fact) => fact === null);
}

/** The job's place at GitHub for the tag `longhaul:job`; empty when it is not known. */
export function jobPath({ repository, runId }: RunnerJobFacts): string {
  return repository !== null && runId !== null ? `${repository}/actions/runs/${runId}` : "";
}

/** Forgets a job that is over, once its facts are recorded elsewhere. */
export function forgetJobFacts(folder: string, worker: number | null): void {
  if (worker !== null) rmSync(factsFile(folder, worker), { force: true });
}

function factsFile(folder: string, worker: number): string {
  return `${folder}/${worker}`;
}
