import { createWaiting } from "../../terminal/waiting.ts";
import type { Waiting } from "../../terminal/waiting.ts";

/** Tells a person what happens, step by step, each line with the seconds since the start. */
export interface Teller {
  (line: string): void;
  /** Rewrites one line on a terminal; elsewhere prints it only when it says something new every so often. */
  progress(line: string): void;
  /** Runs something, and says as progress what it waits for. */
  waiting: Waiting;
  /** Seconds since the teller was made, with one decimal. */
  seconds(): number;
}

/** How often progress is printed where there is no terminal, in milliseconds. */
const progressEveryMs = 5_000;

export function createTeller(
  stream: NodeJS.WriteStream,
  now: () => number = () => performance.now(),
): Teller {
  const started = now();
  let progressShown = false;
  let lastProgress = -Infinity;
  const seconds = () => Math.round((now() - started) / 100) / 10;
  const stamp = (line: string) => `${seconds().toFixed(1).padStart(6)} s  ${line}`;
  const clear = () => {
    if (progressShown) stream.write("\r\u001b[K");
    progressShown = false;
  };
  const progress = (line: string) => {
    if (stream.isTTY) {
      clear();
      stream.write(stamp(line).slice(0, stream.columns - 1));
      progressShown = true;
    } else if (now() - lastProgress >= progressEveryMs) {
      lastProgress = now();
      stream.write(`${stamp(line)}\n`);
    }
  };
  return Object.assign(
    (line: string) => {
      clear();
      stream.write(`${stamp(line)}\n`);
    },
    { progress, waiting: createWaiting(progress), seconds },
  );
}
