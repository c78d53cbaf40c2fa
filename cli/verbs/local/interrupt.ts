import { constants } from "node:os";
import { Failure, traceOf } from "../../../contract/failure.ts";
import { watchInterruption } from "../../interruption.ts";
import type { EndSignal } from "../../interruption.ts";

/** Somebody has ended the command; what must be left in order is in order. */
export class Interrupted extends Failure {
  /** What shells report of a program that the signal has ended. */
  readonly exitCode: number;

  constructor(signal: EndSignal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const leftAsItIs = "interrupted: the environment is left as it is";

/**
 * Runs an operation of the engine to its end even when somebody wants to end
 * the command: an engine that is killed leaves its lock, and resources that it
 * does not know. It lets what it has begun come to its end, and is waited for.
 *
 * @param run gets a signal that aborts when the engine must be told. Ctrl-C it
 *   got from the terminal itself; once more would make it end hard.
 * @param onAsked called when the wish is there and the waiting begins
 * @throws Interrupted when it was asked for, whether the operation came to its end or not
 */
export async function throughInterruption<Result>(
  run: (tellEngine: AbortSignal) => Promise<Result>,
  onAsked: () => void,
): Promise<Result> {
  const { asked, askedAlone, stop } = watchInterruption(process);
  asked.addEventListener("abort", onAsked);
  const interrupted = (options?: ErrorOptions) =>
    new Interrupted(asked.reason as EndSignal, leftAsItIs, options);
  let result: Result;
  try {
    result = await run(askedAlone);
  } catch (error) {
    if (!asked.aborted) throw error;
    throw interrupted({ cause: error });
  } finally {
    stop();
  }
  // It came to its end in time: what would follow was not wanted any more.
  if (asked.aborted) throw interrupted();
  return result;
}

/**
 * Runs something that such a signal ends at once, after what must be left in
 * order has been. A second one does not wait for that.
 */
export async function untilInterrupted<Result>(
  run: () => Promise<Result>,
  leave: () => Promise<void>,
): Promise<Result> {
  const { asked, stop } = watchInterruption(process);
  asked.addEventListener("abort", () => {
    stop();
    leave()
      .catch((error: unknown) => {
        process.stderr.write(`${traceOf(error)}\n`);
      })
      .finally(() => process.exit(128 + constants.signals[asked.reason as EndSignal]));
  });
  try {
    return await run();
  } finally {
    stop();
  }
}
