import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "../../local/github/index.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { instanceOf } from "../journey/one-runner.ts";
import type { Instants } from "./instants.ts";
import { agentPrefix } from "./instants.ts";
import type { Round } from "./plan.ts";

/** A job of a round, and the machine that it was put around. */
export interface SentJob {
  job: Job;
  round: Round;
  /** Instance id; undefined: the place had no machine at that time. */
  machine: string | undefined;
  /** Milliseconds of the cloud's clock. */
  sentAt: number;
}

/** The jobs of a soak. */
export interface Jobs {
  /** Puts the jobs of a round when their instants are there. Resolves when they have been sent. */
  put(round: Round, machine: string | undefined, instants: Instants): Promise<SentJob[]>;
  /** Waits until the jobs are over, well or not; those that are not after the limit are left to the last account. */
  over(sent: readonly SentJob[], limitMs: number): Promise<void>;
  count(): { jobs: number; requeued: number; lost: SentJob[] };
}

const repository = "acme/app";

/** A fleet is a place: a workflow of its own asks for its label. */
const workflowOf = (fleet: string) => `${fleet}.yml`;

/** @param fleets one for each place */
export function createJobs({ cloud }: TestEnvironment, fleets: readonly string[]): Jobs {
  const { github, clock } = cloud;
  const all: SentJob[] = [];
  for (const fleet of fleets)
    github.push(repository, `.github/workflows/${workflowOf(fleet)}`, workflow(fleet));

  const send = (round: Round, machine: string | undefined): SentJob => {
    const inputs = { seconds: String(round.jobSeconds) };
    const { jobs } = github.dispatch(repository, workflowOf(fleets[round.place]!), inputs);
    const sent = { job: jobs[0]!, round, machine, sentAt: clock.now() };
    all.push(sent);
    return sent;
  };

  return {
    put: async (round, machine, instants) => {
      const { instant, afterMs } = round.aim;
      const aimed = instants.at(instant);
      // The end of a job that is not there cannot be aimed at.
      const first = instant === "completed" ? instants.at("wish").then(() => [send(round, machine)]) : [];
      await aimed;
      await delay(afterMs);
      return [...(await first), send(round, machine)];
    },
    over: async (sent, limitMs) => {
      const isOver = () => sent.every(({ job }) => job.status === "completed");
      await eventually("the jobs are over", isOver, limitMs).catch(() => undefined);
    },
    count: () => {
      const isWell = ({ job }: SentJob) => job.conclusion === "success";
      return {
        jobs: all.length,
        requeued: all.filter((sent) => isWell(sent) && sent.job.misses > 0).length,
        lost: all.filter((sent) => !isWell(sent)),
      };
    },
  };
}

function workflow(label: string): string {
  return `
name: Soak ${label}
on:
  workflow_dispatch:
    inputs:
      seconds: {required: true}
jobs:
  work:
    runs-on: [self-hosted, ${label}]
    steps:
      - run: sleep \${{ inputs.seconds }}
`;
}

/** Lines of a journal that are told. */
const maxJournalLines = 60;

/** All that is known of a job that was lost. */
export function storyOf(environment: TestEnvironment, { job, round, machine, sentAt }: SentJob): string {
  const { github } = environment.cloud;
  const time = (at: number | undefined) => (at === undefined ? "never" : new Date(at).toISOString());
  const { instant, afterMs } = round.aim;
  const console = machine === undefined ? "" : instanceOf(environment, machine).console;
  // The console has the agent's journal too, and outlives the machine.
  const journal = console.split("\n").filter((line) => line.startsWith(agentPrefix));
  return [
    `round ${round.number}: ${round.act}, a job ${afterMs} ms after "${instant}" of ${machine ?? "no machine"}`,
    `  sent ${time(sentAt)}, started ${time(job.startedAt)}, completed ${time(job.completedAt)}`,
    `  ${job.status}, ${job.conclusion ?? "no conclusion"}, missed ${job.misses} times, taken by ${job.runner?.name ?? "nobody"}`,
    ...job.annotations.map((line) => `  GitHub: ${line}`),
    "  log of the job:",
    ...github
      .logOf(job)
      .split("\n")
      .map((line) => `    ${line}`),
    "  journal of the agent:",
    ...journal.slice(-maxJournalLines).map((line) => `    ${line.slice(agentPrefix.length)}`),
  ].join("\n");
}
