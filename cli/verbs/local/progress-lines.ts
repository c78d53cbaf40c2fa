import { stamped } from "../../terminal/elapsed.ts";
import { liveLine } from "../../terminal/live-line.ts";
import type { Stream } from "../../terminal/live-line.ts";
import { createWaiting } from "../../terminal/waiting.ts";
import type { Waiting } from "../../terminal/waiting.ts";

/** Tells a person what happens, step by step, each line with the seconds since the start. */
export interface ProgressLines {
  (line: string): void;
  /** Rewrites one line on a terminal; elsewhere prints it only when it says something new every so often. */
  progress(line: string): void;
  /** Runs something, and says as progress what it waits for. */
  waiting: Waiting;
  /** Seconds since it was made, with one decimal. */
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
