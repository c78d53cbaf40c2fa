/** Where a verb speaks. Results go to standard output, everything else to standard error. */
export interface Output {
  /** The one result of a verb. */
  result: (text: string) => void;
  /** One line of what happens. */
  say: (line: string) => void;
  /** What is going on right now: on a terminal it replaces the line before, elsewhere it is told once a minute. */
  progress: (line: string) => void;
}

/** A stream as small as it is used. */
export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** How often progress is told where it cannot be overwritten. */
const progressEveryMs = 60_000;

const clearLine = "\r\u001b[2K";

/** @param now milliseconds, for the pace of progress */
export function createOutput(stdout: Stream, stderr: Stream, now: () => number): Output {
  let lastProgress = -Infinity;
  let lineOpen = false;
  const close = () => {
    if (lineOpen) stderr.write("\n");
    lineOpen = false;
  };
  return {
    result: (text) => {
      close();
      stdout.write(`${text}\n`);
    },
    say: (line) => {
      close();
      stderr.write(`${line}\n`);
    },
    progress: (line) => {
      if (stderr.isTTY) {
        stderr.write(`${clearLine}${line}`);
        lineOpen = true;
      } else if (now() - lastProgress >= progressEveryMs) {
        lastProgress = now();
        stderr.write(`${line}\n`);
      }
    },
  };
}
