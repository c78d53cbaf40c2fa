import { constants } from "node:os";
import { Failure, traceOf } from "../../../contract/failure.ts";
import { watchInterruption } from "../../interruption.ts";
import type { EndSignal } from "../../interruption.ts";

/** A signal has ended the command, after everything was left in order. */
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
 * Runs an operation of the engine. A signal does not end it at once, because an
 * engine that is killed leaves its lock behind, and resources that are not in its
 * state. Instead the engine finishes the steps that it has begun, and this waits
 * for it.
 *
 * @param run gets a signal that aborts when the engine must be asked to end. It
 *   does not abort for Ctrl-C, which the engine has received from the terminal
 *   itself: a second one would make it end hard.
 * @param onAsked called at the first signal, when the waiting begins
 * @throws Interrupted after a signal, whether the operation succeeded or not
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
  // The operation succeeded, but the caller must not continue after a signal.
  if (asked.aborted) throw interrupted();
  return result;
}

/**
 * Runs something that a signal ends as soon as `leave` has left everything in
 * order. A second signal ends it at once.
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
