import { readdirSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";
import { linesOf } from "./tail.ts";

/** What a worker's own log says about its job. */
export type WorkerWord =
  /** GitHub has accepted the job's end from the worker, with this result; undefined: not logged. */
  | { completed: true; result: string | undefined }
  /** The worker did not reach its end, or GitHub no longer accepted it. */
  | { completed: false };

/** `[<time> <level> <source>] <text>`, as in actions/runner 2.336. */
const trace = /^\[\S{10} \S{8}Z (\w+) +(\w+)\] (.*)$/s;

/**
 * The result of a job whose listener has died: its worker goes on, completes the
 * job by itself, and GitHub accepts that as long as the job's lock lasts. The
 * runner's user can change what the worker wrote, so only the ledger rests on it.
 *
 * @param folder the runner's `_diag`: a log begins with each worker, and goes on in another file after 8 MB
 * @param id GitHub's id of the job
 * @returns undefined if the logs do not mention the job
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
      else if (job !== undefined && word) return word; // It belongs to another worker.
      if (!word) continue;
      if (source === "JobRunner") {
        result = /^Job result after all job steps finish: (\w+)$/.exec(text!)?.[1] ?? result;
      }
      if (source === "Worker" && text === "Job completed.") word = { completed: true, result };
      // The exception that ends the worker if GitHub did not accept the job's end.
      if (source === "Worker" && level === "ERR") word = { completed: false };
    }
  }
  return word;
}
