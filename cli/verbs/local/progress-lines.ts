import { stamped } from "../../terminal/elapsed.ts";
import { liveLine } from "../../terminal/live-line.ts";
import type { Stream } from "../../terminal/live-line.ts";
import { createWaiting } from "../../terminal/waiting.ts";
import type { Waiting } from "../../terminal/waiting.ts";

/** Prints what happens, step by step. Each line begins with the seconds since the start. */
export interface ProgressLines {
  (line: string): void;
  /** Rewrites one line on a terminal. Elsewhere it prints a line at intervals. */
  progress(line: string): void;
  /** Runs something, and shows as progress what it waits for. */
  waiting: Waiting;
  /** Seconds since the start, with one decimal. */
  seconds(): number;
}

/** How often progress is printed where there is no terminal, in milliseconds. */
const progressEveryMs = 5_000;

export function createProgressLines(
  stream: Stream,
  now: () => number = () => performance.now(),
): ProgressLines {
  const started = now();
  const live = liveLine(stream, now, progressEveryMs);
  const seconds = () => Math.round((now() - started) / 100) / 10;
  const stamp = (line: string) => stamped(now() - started, line);
  const progress = (line: string) => {
    live.show(stamp(line));
  };
  return Object.assign(
    (line: string) => {
      live.clear();
      stream.write(`${stamp(line)}\n`);
    },
    { progress, waiting: createWaiting(progress), seconds },
  );
}
