import { machineName } from "../../contract/names.ts";
import type { CloudOptions } from "../../local/cloud.ts";
import type { Job } from "../../local/github/index.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { workFile } from "./work-file.ts";

/** A user's jobs, each ten minutes of work by the cloud's clock on a machine of the fleet `cloud`. */
export interface UserJobs {
  /** Dispatches a job, which may have to wait for a machine. */
  send(): Job;
  /** Dispatches a job, and waits until a machine has taken it. */
  start(): Promise<Job>;
  /** Lets the cloud's time run until every job is over. */
  letEnd(): Promise<void>;
}

/**
 * For environments in which machines leave and return all the time. GitHub
 * assigns a job again a minute after its message was lost; here a quarter of
 * that.
 */
export const impatient: Pick<CloudOptions, "agent" | "wire"> = {
  agent: { pollSeconds: 0.25, quietSeconds: 1, staySeconds: 1 },
  wire: { requeueSeconds: 15 },
};

export function userJobs({ cloud }: TestEnvironment): UserJobs {
  const { github, clock } = cloud;
  github.push("acme/app", ".github/workflows/work.yml", workFile("sleep 600"));
  const send = () => github.dispatch("acme/app", "work.yml").jobs[0]!;
  return {
    send,
    start: async () => {
      const job = send();
      await eventually("the job is in progress", () => job.status === "in_progress");
      return job;
    },
    letEnd: async () => {
      const areOver = () => github.jobs().every(({ status }) => status === "completed");
      clock.setFactor(600);
      await eventually("all jobs are over", areOver).finally(() => {
        clock.setFactor(1);
      });
    },
  };
}

/** Whether a machine is the one that took a job. */
export function ranOn(job: Job, runner: string, instanceId: string): boolean {
  return job.runner?.name === machineName(runner, instanceId);
}
