/** A stream, with the parts that are used. */
export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
  /** Lines of the terminal, and characters of each. */
  rows?: number;
  columns?: number;
}

/** One line of progress that changes. */
export interface LiveLine {
  /** Shows a text: on a terminal it replaces the previous line, elsewhere it is printed at intervals. */
  show: (line: string) => void;
  /** Removes the line, before a permanent line is printed. */
  clear: () => void;
}

const eraseLine = "\r\u001b[2K";

/**
 * @param now milliseconds
 * @param everyMs the interval where the line cannot be overwritten
 */
export function liveLine(stream: Stream, now: () => number, everyMs: number): LiveLine {
  let isShown = false;
  let printedAt = -Infinity;
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
      } else if (now() - printedAt >= everyMs) {
        printedAt = now();
        stream.write(`${line}\n`);
      }
    },
  };
}
