import { traceOf } from "../../contract/failure.ts";
import type { RunCommand } from "./command.ts";

/** Frees the space of the part of a log that has been read. */
export interface ReadLog {
  /**
   * The log has been read up to here.
   *
   * @param offset bytes from its beginning, all of whole lines
   * @param hasEvents the lines that were read since the last call include one about a job
   * @param isJobOpen then the lines about the job stay, because an agent that starts again must find them
   */
  passed(offset: number, hasEvents: boolean, isJobOpen: boolean): void;
}

/** Bytes that make a call worthwhile. */
const worthBytes = 1 << 20;
/** Bytes that are kept before a line about a job, because they may be needed to understand it. */
const marginBytes = 64 << 10;

/**
 * A listener mirrors its worker's trace into its log, which is in memory: a job
 * of days would fill it. The listener keeps writing and outlives the agent, so
 * the log cannot be truncated without losing what is written at that moment, nor
 * go through a pipe. But the part that has been read can be taken out of the file
 * (`fallocate --punch-hole`): its length stays, its pages are freed, and later
 * readers find zeros there.
 *
 * @param onProblem called once if the file system cannot do that
 */
export function readLog(path: string, run: RunCommand, onProblem: (problem: string) => void): ReadLog {
  let read = 0;
  /** The log before this is kept while a job is open. */
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
    passed(offset, hasEvents, isJobOpen) {
      if (!isJobOpen) from = 0;
      else if (hasEvents) from = offset;
      const end = read - marginBytes;
      read = offset;
      if (refused || end - Math.max(from, freedTo) < worthBytes) return;
      freedTo = end;
      void free(from, end);
    },
  };
}
