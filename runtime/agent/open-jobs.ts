import { statSync, utimesSync } from "node:fs";
import { traceOf } from "../../contract/failure.ts";
import { isObject, parseObject } from "../../contract/json.ts";
import type { Clock } from "./clock.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import type { OpenJob } from "./jobs.ts";
import { keptFile } from "./kept-file.ts";
import { readSmallFile } from "./tail.ts";

/** A job that has begun, and what its hook has seen. */
export type MarkedJob = OpenJob & { id: string; facts: RunnerJobFacts };

/** Jobs that were at work when something last looked after them. */
export interface MarkedJobs {
  jobs: readonly MarkedJob[];
  /** Milliseconds since the epoch. */
  lastSeenAt: number;
}

/** What outlives the machine's power of the jobs that are at work on it. */
export interface OpenJobs {
  /** What an earlier agent has left, perhaps before a reboot. */
  left: MarkedJobs;
  /** Says that these are at work now, and no other. Cheap: writes when they have changed, and once a minute that they still are. */
  keep(jobs: readonly MarkedJob[]): void;
}

/** Milliseconds between two signs of life: the time by which the end of a job that a power cut took is known. */
const touchEveryMs = 60_000;
/** Bytes of the file at most: one job is less than one kilobyte. */
const maxBytes = 64 * 1024;

/**
 * Keeps a file of the jobs at work, on the disk, whose time is the last sign
 * of life of them: whoever starts after a power cut knows what was lost, and
 * when. A disk that a job has filled takes no new file, but a new time.
 *
 * @param machine its name at GitHub: a file that an image brought along is another machine's
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
        if (trace !== problem) log(`What is at work could not be written down: ${trace}`);
        problem = trace;
      }
    },
  };
}

function readLeft(path: string, machine: string): MarkedJobs {
  const lastSeenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // A power cut may have left the file in pieces.
  const content = parseObject(readSmallFile(path, maxBytes));
  if (content?.machine !== machine || !Array.isArray(content.jobs)) return { jobs: [], lastSeenAt: 0 };
  return { jobs: content.jobs.filter(isMarkedJob), lastSeenAt };
}

/** Whether all is there that its record in the ledger is made of. Who reads the ledger judges what its texts say. */
function isMarkedJob(job: unknown): job is MarkedJob {
  if (!isObject(job) || !isObject(job.facts)) return false;
  const { id, receivedAt, startedAt } = job;
  return (
    typeof id === "string" && [receivedAt, startedAt].every((at) => !Number.isNaN(Date.parse(String(at))))
  );
}
