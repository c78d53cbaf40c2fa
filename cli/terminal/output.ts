import { liveLine } from "./live-line.ts";
import type { Stream } from "./live-line.ts";

/** The output of a verb. Results go to standard output, everything else to standard error. */
export interface Output {
  /** The one result of a verb. */
  result: (text: string) => void;
  /** One line of progress that stays. */
  say: (line: string) => void;
  /** What is going on now: on a terminal it replaces the previous line, elsewhere it is printed once a minute. */
  progress: (line: string) => void;
  /** Standard output, if it is a terminal. */
  terminal?: Terminal;
}

/** A terminal that results are shown on. */
export interface Terminal {
  /** True if colours are wanted. */
  colours: boolean;
  /** Shows a text instead of the whole screen. */
  redraw: (text: string) => void;
}

/** Milliseconds between lines of progress where they cannot be overwritten. */
const progressEveryMs = 60_000;

/** Control sequences for a screen that is redrawn without flicker. */
const screen = {
  home: "\u001b[H",
  clearToEndOfLine: "\u001b[K",
  clearBelow: "\u001b[J",
  cutLongLines: "\u001b[?7l",
  wrapLongLines: "\u001b[?7h",
};

/**
 * @param now milliseconds, for the pace of progress
 * @param colours whether they are wanted on a terminal
 */
export function createOutput(stdout: Stream, stderr: Stream, now: () => number, colours = false): Output {
  const live = liveLine(stderr, now, progressEveryMs);
  const redraw = (text: string) => {
    live.clear();
    const lines = text.split("\n");
    // A terminal of unknown size has none, or 0.
    const rows = stdout.rows ? Math.max(1, stdout.rows - 2) : Infinity;
    const shown =
      lines.length <= rows ? lines : [...lines.slice(0, rows), `… and ${lines.length - rows} more line(s)`];
    const drawn = shown.map((line) => `${line}${screen.clearToEndOfLine}\n`).join("");
    stdout.write(`${screen.cutLongLines}${screen.home}${drawn}${screen.clearBelow}${screen.wrapLongLines}`);
  };
  return {
    ...(stdout.isTTY && { terminal: { colours, redraw } }),
    result: (text) => {
      live.clear();
      stdout.write(`${text}\n`);
    },
    say: (line) => {
      live.clear();
      stderr.write(`${line}\n`);
    },
    progress: live.show,
  };
}
