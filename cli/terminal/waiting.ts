import { sentenceOf } from "../../contract/failure.ts";

/** Describes something that may take long. */
export interface Wait {
  /** What is waited for, as the end of a sentence that begins with "waiting for". Asked again for each line. */
  what: string | (() => string);
  /**
   * What that in turn waits for at the moment. The line names it first, because a terminal cuts long lines. The line is
   * shown without it if the answer takes longer than `answerWithinMs`.
   */
  first?: () => Promise<string>;
}

/** Runs something, and reports what is waited for as long as it takes. */
export type Waiting = <Result>(wait: Wait, run: () => Promise<Result>) => Promise<Result>;

/** Runs something once after a time, unless the returned function is called before. */
export type StartTimer = (run: () => void, milliseconds: number) => () => void;

/** Milliseconds of a wait that is not reported. Together with the time for an answer, the first line comes within two seconds. */
const firstLineMs = 1_000;
const everyMs = 10_000;
const answerWithinMs = 750;

const processTimer: StartTimer = (run, milliseconds) => {
  const timer = setTimeout(run, milliseconds);
  return () => {
    clearTimeout(timer);
  };
};

/**
 * Reports while a command waits: what it waits for, within two seconds and then
 * every ten.
 *
 * @param show receives each line; on a terminal it may replace the previous one
 */
export function createWaiting(show: (line: string) => void, startTimer = processTimer): Waiting {
  const tooLate = () =>
    new Promise<string>((resolve) => {
      startTimer(() => {
        resolve("");
      }, answerWithinMs);
    });
  const lineOf = async ({ what, first }: Wait): Promise<string> => {
    const words = () => (typeof what === "string" ? what : what());
    try {
      const named = first ? await Promise.race([first(), tooLate()]) : "";
      return `waiting for ${named === "" ? "" : `${named}, and for `}${words()}`;
    } catch (error) {
      return `waiting for ${words()}: ${sentenceOf(error, show)}`;
    }
  };
  return async (wait, run) => {
    let isOver = false;
    const speak = async () => {
      cancel = startTimer(() => void speak(), everyMs);
      const line = await lineOf(wait);
      if (!isOver) show(line);
    };
    let cancel = startTimer(() => void speak(), firstLineMs);
    try {
      return await run();
    } finally {
      isOver = true;
      cancel();
    }
  };
}
