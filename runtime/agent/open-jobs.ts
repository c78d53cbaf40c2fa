import { statSync, utimesSync } from "node:fs";
import { traceOf } from "../../contract/failure.ts";
import { isObject, parseObject } from "../../contract/json.ts";
import type { Clock } from "./clock.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import type { OpenJob } from "./jobs.ts";
import { keptFile } from "./kept-file.ts";
import { readSmallFile } from "./tail.ts";

/** A job that has begun, with its hook's facts. */
export type MarkedJob = OpenJob & { id: string; facts: RunnerJobFacts };

/** The jobs that were running when an agent last recorded them. */
export interface MarkedJobs {
  jobs: readonly MarkedJob[];
  /** Milliseconds since the epoch. */
  lastSeenAt: number;
}

/** The record of running jobs that survives a power-off. */
export interface OpenJobs {
  /** What an earlier agent has left, perhaps before a reboot. */
  left: MarkedJobs;
  /** Records that exactly these jobs run now. It is cheap: it writes when they have changed, and once a minute otherwise. */
  keep(jobs: readonly MarkedJob[]): void;
}

/** Milliseconds between two signs of life: the precision with which the end of a job in a power cut is known. */
const touchEveryMs = 60_000;
/** Most bytes of the file: one job takes less than one kilobyte. */
const maxBytes = 64 * 1024;

/**
 * Keeps a file of the running jobs on the disk, whose modification time is their
 * last sign of life: an agent that starts after a power cut knows what was lost,
 * and when. A disk that a job has filled takes no new file, but a new time.
 *
 * @param machine its name at GitHub: a file from the image belongs to another machine
 */
export function openJobs(
  path: string,
  machine: string,
  clock: Pick<Clock, "now" | "monotonic">,
  log: (line: string) => void,
): OpenJobs {
  const left = readLeft(path, machine);
  const put = keptFile(path);
  let touchedAt = -Infinity;
  let problem: string | undefined;

  const write = (jobs: readonly MarkedJob[]) => {
    const text = jobs.length === 0 ? "" : JSON.stringify({ machine, jobs });
    if (put(text)) touchedAt = -Infinity;
    if (text === "" || clock.monotonic() - touchedAt < touchEveryMs) return;
    touchedAt = clock.monotonic();
    utimesSync(path, clock.now() / 1000, clock.now() / 1000);
  };

  return {
    left,
    keep(jobs) {
      try {
        write(jobs);
        problem = undefined;
      } catch (error) {
        const trace = traceOf(error);
        if (trace !== problem) log(`The running jobs could not be recorded on the disk: ${trace}`);
        problem = trace;
      }
    },
  };
}

function readLeft(path: string, machine: string): MarkedJobs {
  const lastSeenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // A power cut may have damaged the file.
  const content = parseObject(readSmallFile(path, maxBytes));
  if (content?.machine !== machine || !Array.isArray(content.jobs)) return { jobs: [], lastSeenAt: 0 };
  return { jobs: content.jobs.filter(isMarkedJob), lastSeenAt };
}

/** True if the job has everything that its record in the ledger needs. The ledger's readers check what the texts say. */
function isMarkedJob(job: unknown): job is MarkedJob {
  if (!isObject(job) || !isObject(job.facts)) return false;
  const { id, receivedAt, startedAt } = job;
  return (
    typeof id === "string" && [receivedAt, startedAt].every((at) => !Number.isNaN(Date.parse(String(at))))
  );
}
