import { readdirSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";
import { linesOf } from "./tail.ts";

/** What a worker's own log says of its job. */
export type WorkerWord =
  /** GitHub has taken the job's end from the worker, and this was it; undefined: not written down. */
  | { completed: true; result: string | undefined }
  /** The worker did not come to its end, or GitHub no longer took it. */
  | { completed: false };

/** `[<time> <level> <source>] <text>`, as in actions/runner 2.336. */
const trace = /^\[\S{10} \S{8}Z (\w+) +(\w+)\] (.*)$/s;

/**
 * What became of a job whose listener has died: its worker goes on, completes
 * the job by itself, and GitHub takes that as long as the job's lock lasts.
 * What the worker wrote down is the runner's user's to change, so nothing but
 * the ledger rests on it.
 *
 * @param folder the runner's `_diag`: a log begins with each worker, and goes on in another file after 8 MB
 * @param id GitHub's id of the job
 * @returns undefined where there is no word of that job
 */
export function readWorkerLog(folder: string, id: string): WorkerWord | undefined {
  const files = unlessAbsent(() => readdirSync(folder)) ?? [];
  const logs = files.filter((name) => /^Worker_.*\.log$/.test(name)).sort(); // Their names are times.
  let word: WorkerWord | undefined;
  let result: string | undefined;
  for (const log of logs) {
    for (const line of linesOf(`${folder}/${log}`)) {
      const [, level, source, text] = trace.exec(line) ?? [];
      const job = source === "JobRunner" ? /^Job ID (\S+)$/.exec(text!)?.[1] : undefined;
      if (job === id) word = { completed: false };
      else if (job !== undefined && word) return word; // Another worker's.
      if (!word) continue;
      if (source === "JobRunner") {
        result = /^Job result after all job steps finish: (\w+)$/.exec(text!)?.[1] ?? result;
      }
      if (source === "Worker" && text === "Job completed.") word = { completed: true, result };
      // The exception with which it ends where GitHub did not take the job's end.
      if (source === "Worker" && level === "ERR") word = { completed: false };
    }
  }
  return word;
}
