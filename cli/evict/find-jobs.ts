import type { Target } from "../../contract/requests.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Github } from "../clients/github.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { Run, WorkflowRuns } from "../clients/workflow-runs.ts";

/** Most runs that are searched: those in progress first, and of them the oldest first, because jobs here take hours. */
const maxRuns = 200;

/** The known facts about a machine's job. */
export interface FoundJobs {
  /** Runs with a job on the machine, by source. */
  jobs: { url: string; saidBy: "machine" | "GitHub" | "both" }[];
  /** Sentences about what was asked and what could not be found out. */
  notes: string[];
}

export interface JobPlaces {
  github: Target["github"];
  /** The repository of an organisation's smoke tests, without its owner. */
  smokeRepository?: string | undefined;
}

/**
 * Which job a machine runs: by its own tag, which a job can forge and which may
 * be late, and by GitHub's unfinished runs, because a run that waits for
 * something can have a job on the machine as well. GitHub cannot be asked for a
 * runner's job, and its `busy` flag decides nothing.
 */
export async function findJobs(
  github: Github | undefined,
  { name, instanceState, report }: Pick<ObservedMachine, "name" | "instanceState" | "report">,
  { github: place, smokeRepository }: JobPlaces,
): Promise<FoundJobs> {
  const path = instanceState === "running" ? report?.job : undefined;
  const claimed = path === undefined ? undefined : `${place.url}/${path}`;
  const byTag: FoundJobs["jobs"] = claimed === undefined ? [] : [{ url: claimed, saidBy: "machine" }];
  if (!github) {
    const note =
      "GitHub was not asked which job it runs: there are no credentials for it in the environment.";
    return { jobs: byTag, notes: [note] };
  }
  const notes: string[] = [];
  const found = new Set<string>();
  for (const repository of repositories()) {
    try {
      const url = await runOn(github.runs({ owner: place.owner, repository }), repository);
      if (url !== undefined) found.add(url);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      notes.push(error.message);
    }
  }
  const jobs: FoundJobs["jobs"] = [...found].map((url) => ({
    url,
    saidBy: url === claimed ? "both" : "GitHub",
  }));
  return { jobs: claimed !== undefined && !found.has(claimed) ? [...byTag, ...jobs] : jobs, notes };

  /** The environment's own repository; for an organisation, the repositories where one of its jobs is to be expected. */
  function repositories(): string[] {
    if (place.repository !== undefined) return [place.repository];
    const [owner, repository] = path?.split("/") ?? [];
    const reported = owner?.toLowerCase() === place.owner.toLowerCase() ? repository : undefined;
    const all = [...new Set([reported, smokeRepository])].filter((each) => each !== undefined);
    const where = all.length === 0 ? "none" : all.join(", ");
    notes.push(
      `A job of ${place.owner} can come from any of its repositories. These were searched: ${where}.`,
    );
    return all;
  }

  /** The run with a job in progress on the machine. A machine has one at a time. */
  async function runOn(runs: WorkflowRuns, repository: string): Promise<string | undefined> {
    const going = await runs.goingOfAnyEvent();
    const rank = ({ url, status }: Run) => (url === claimed ? 0 : status === "in_progress" ? 1 : 2);
    const likeliestFirst = [...going].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
    if (going.length > maxRuns) {
      notes.push(
        `${repository} has ${going.length} unfinished runs, of which the ${maxRuns} most likely ones were searched.`,
      );
    }
    for (const run of likeliestFirst.slice(0, maxRuns)) {
      if (await hasJobOn(runs, run)) return run.url;
    }
    return undefined;
  }

  async function hasJobOn(runs: WorkflowRuns, { id }: Run): Promise<boolean> {
    const jobs = await runs.jobs(id);
    return jobs.some(({ runnerName, status }) => runnerName === name && status === "in_progress");
  }
}
