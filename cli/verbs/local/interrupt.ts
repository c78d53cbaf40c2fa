import { constants } from "node:os";
import { Failure, traceOf } from "../../../contract/failure.ts";

/** By which a user, a service manager and a closed terminal end a program. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Ending = (typeof signals)[number];

/** Somebody has ended the command; what must be left in order is in order. */
export class Interrupted extends Failure {
  /** What shells report of a program that the signal has ended. */
  readonly exitCode: number;

  constructor(signal: Ending, message: string, options?: ErrorOptions) {
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
  const engine = new AbortController();
  let asked: Ending | undefined;
  const onSignal = (signal: Ending) => {
    if (asked === undefined) onAsked();
    asked ??= signal;
    if (signal !== "SIGINT") engine.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  let result: Result;
  try {
    result = await run(engine.signal);
  } catch (error) {
    if (asked === undefined) throw error;
    throw new Interrupted(asked, leftAsItIs, { cause: error });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
  // It came to its end in time: what would follow was not wanted any more.
  if (asked !== undefined) throw new Interrupted(asked, leftAsItIs);
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
  const onSignal = (signal: Ending) => {
    for (const each of signals) process.off(each, onSignal);
    leave()
      .catch((error: unknown) => {
        process.stderr.write(`${traceOf(error)}\n`);
      })
      .finally(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await run();
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
