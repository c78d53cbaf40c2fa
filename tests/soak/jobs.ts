import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "../../local/github/index.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import type { Instants } from "./instants.ts";
import type { Round } from "./plan.ts";
import { storyOf } from "./story.ts";

/** A job of a round, and the machine around which it was sent. */
export interface SentJob {
  job: Job;
  round: Round;
  /** Instance id; undefined: the place had no machine at that time. */
  machine: string | undefined;
  /** Milliseconds of the cloud's clock. */
  sentAt: number;
  /** What was known of it when it was found lost. */
  story?: string;
}

/** The jobs of a soak. */
export interface Jobs {
  /** Sends the jobs of a round at their instants. Resolves when they have been sent. */
  put(round: Round, machine: string | undefined, instants: Instants): Promise<SentJob[]>;
  /**
   * Waits until the jobs are over, and records the story of those that are lost.
   * Jobs that are not over after the limit are left to the last count.
   */
  over(sent: readonly SentJob[], limitMs: number): Promise<void>;
  count(): { jobs: number; requeued: number; lost: SentJob[] };
}

const repository = "acme/app";

/** A fleet is a place, and has its own workflow, which asks for its label. */
const workflowOf = (fleet: string) => `${fleet}.yml`;

/** @param fleets one for each place */
export function createJobs(environment: TestEnvironment, fleets: readonly string[]): Jobs {
  const { github, clock } = environment.cloud;
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
      // The instant `completed` needs an earlier job.
      const first = instant === "completed" ? instants.at("change").then(() => [send(round, machine)]) : [];
      await aimed;
      await delay(afterMs);
      return [...(await first), send(round, machine)];
    },
    over: async (sent, limitMs) => {
      const isOver = () => sent.every(({ job }) => job.status === "completed");
      await eventually("the jobs are over", isOver, limitMs).catch(() => undefined);
      for (const one of sent.filter((each) => each.job.status === "completed" && !isWell(each)))
        one.story ??= storyOf(environment, one);
    },
    count: () => {
      return {
        jobs: all.length,
        requeued: all.filter((sent) => isWell(sent) && sent.job.misses > 0).length,
        lost: all.filter((sent) => !isWell(sent)),
      };
    },
  };
}

const isWell = ({ job }: SentJob) => job.conclusion === "success";

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
