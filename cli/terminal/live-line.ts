/** A stream as small as it is used. */
export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
  /** Lines of the terminal, and characters of each. */
  rows?: number;
  columns?: number;
}

/** What is going on right now. */
export interface LiveLine {
  /** Tells it: on a terminal in place of the line before, elsewhere only so often. */
  show: (line: string) => void;
  /** Takes it away, before something is told that stays. */
  clear: () => void;
}

const eraseLine = "\r\u001b[2K";

/**
 * @param now milliseconds
 * @param everyMs how often it is told where it cannot be overwritten
 */
export function liveLine(stream: Stream, now: () => number, everyMs: number): LiveLine {
  let isShown = false;
  let toldAt = -Infinity;
  const clear = () => {
    if (isShown) stream.write(eraseLine);
    isShown = false;
  };
  return {
    clear,
    show: (line) => {
      if (stream.isTTY) {
        clear();
        // A line that wraps could not be erased.
        stream.write(stream.columns ? line.slice(0, stream.columns - 1) : line);
        isShown = true;
      } else if (now() - toldAt >= everyMs) {
        toldAt = now();
        stream.write(`${line}\n`);
      }
    },
  };
}
