import { traceOf } from "../../contract/failure.ts";
import type { RunCommand } from "./command.ts";

/** Gives back the space of what has been read of a log. */
export interface ReadLog {
  /**
   * The log has been read up to here.
   *
   * @param offset bytes from its beginning, all of whole lines
   * @param tells what was read since the last call tells something of a job
   * @param jobs a job is open: an agent that starts again must find what was told of it
   */
  passed(offset: number, tells: boolean, jobs: boolean): void;
}

/** Less than this is not worth a call. Bytes. */
const worthBytes = 1 << 20;
/** What stands before something that tells of a job may be needed to understand it. Bytes. */
const marginBytes = 64 << 10;

/**
 * A listener mirrors what its worker traces into its log, which is in memory: a
 * job of days would fill it. The listener writes on meanwhile and outlives the
 * agent, so the log can neither be cut without losing what is written in that
 * moment, nor go through a pipe. But what has been read can be taken out of the
 * file (`fallocate --punch-hole`): its length stays, its pages are freed, and
 * later readers find zeros there.
 *
 * @param onProblem told once, where the file system cannot do that
 */
export function readLog(path: string, run: RunCommand, onProblem: (problem: string) => void): ReadLog {
  let read = 0;
  /** What lies before this is kept while a job is open. */
  let from = 0;
  let freedTo = 0;
  let refused = false;

  const free = async (start: number, end: number) => {
    const range = ["--offset", String(start), "--length", String(end - start)];
    const { code, output } = await run("fallocate", ["--punch-hole", ...range, path]).catch(
      (error: unknown) => ({
        code: undefined,
        output: traceOf(error),
      }),
    );
    if (code === 0 || refused) return;
    refused = true;
    onProblem(output.trim());
  };

  return {
    passed(offset, tells, jobs) {
      if (!jobs) from = 0;
      else if (tells) from = offset;
      const end = read - marginBytes;
      read = offset;
      if (refused || end - Math.max(from, freedTo) < worthBytes) return;
      freedTo = end;
      void free(from, end);
    },
  };
}
