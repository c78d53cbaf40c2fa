import { readSmallFile } from "./tail.ts";

/** What the start hook saw of a job, as GitHub's variables in it say. */
export interface JobFacts {
  repository: string | null;
  workflow: string | null;
  runId: string | null;
  runAttempt: string | null;
  job: string | null;
}

export const unknownFacts: JobFacts = {
  repository: null,
  workflow: null,
  runId: null,
  runAttempt: null,
  job: null,
};

/**
 * Reads what the start hook wrote: one value a line, in the order of
 * boot.sh's hook. A job can write there too, so nothing but its form is
 * trusted, and nothing is decided by it.
 */
export function readJobFacts(path: string): JobFacts {
  const [repository, runId, runAttempt, job, workflow] = readSmallFile(path)?.split("\n") ?? [];
  const fits = (value: string | undefined, form: RegExp) => (value && form.test(value) ? value : null);
  return {
    repository: fits(repository, /^[\w.-]+\/[\w.-]+$/),
    runId: fits(runId, /^\d+$/),
    runAttempt: fits(runAttempt, /^\d+$/),
    job: fits(job, /^[\w-]+$/),
    workflow: fits(workflow, /^.+$/),
  };
}

/** The job's place at GitHub for the tag `longhaul:job`; empty when it is not known. */
export function jobPath({ repository, runId }: JobFacts): string {
  return repository !== null && runId !== null ? `${repository}/actions/runs/${runId}` : "";
}
