/*
 * Two kinds of errors. A failure can happen although the code is right: a
 * service refuses or does not answer, a file is missing, a command line is
 * wrong. Its message is a sentence that says enough. Everything else, a
 * TypeError or a {@link Fault}, is a fault of Longhaul's code: people are told
 * that it happened, and its stack goes to a log. The linter refuses a plain
 * Error, and refuses to read the message of an error that may be a fault.
 */

/** The same in every bundle: the package of the local cloud has a copy of this module, and throws its failures at the command. */
const kind = Symbol.for("longhaul.failure");

/**
 * An error that is no fault of the code. Its message is for people: what happened, what it means, what to do next, and no
 * secret. Its cause is for the code that catches it, and is shown nowhere: the errors of clients quote what they have sent.
 */
export class Failure extends Error {
  override readonly name: string = "Failure";

  readonly [kind]: "failure" | "explained" = "failure";

  /**
   * Pulumi shows a program's error by its message alone where it has this mark, which its `RunError` has as well, and any
   * other error with its stack and its cause. The mark is looked for by name, so that copies of Pulumi's package may differ.
   *
   * @see https://github.com/pulumi/pulumi/blob/v3.248.0/sdk/nodejs/errors.ts
   */
  get __pulumiRunError(): boolean {
    return !isFault(this);
  }
}

/** A state that the code rules out was met: its author has made a mistake. The message is for whoever reads the log. */
export class Fault extends Error {
  override readonly name = "Fault";
}

/** A failure that adds to another error of ours, which may be a fault. */
class Explained extends Failure {
  override readonly [kind] = "explained";
}

/**
 * Puts the sentence of the caller around that of an error. A fault stays a fault.
 *
 * @param words makes the whole sentence from that of the error
 */
export function explained(error: unknown, words: (sentence: string) => string): Failure {
  return new Explained(words(wordsOf(error)), { cause: error });
}

/** True if an error is a fault of the code, or adds to one. */
export function isFault(error: unknown): boolean {
  if (!isSentence(error)) return true;
  return kind in error && error[kind] === "explained" && isFault(error.cause);
}

/**
 * The message of an error that a library has made, to stand in a sentence of ours.
 *
 * @throws the error itself where it comes from a wrong line of code
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error) || isOfCode(error)) throw error;
  return ownWords(error);
}

/**
 * Whether an error comes from a wrong line of code, and from no service nor from the way to one: the call would fail for
 * ever, and is no reason to try again. What the SDK and octokit throw of an answer, or of one that did not come, has its
 * status; octokit gives a connection that failed the status 500.
 */
export function isOfCode(error: Error): boolean {
  const isNative =
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return (
    error instanceof Fault ||
    (isNative && !("status" in error || "$metadata" in error || isOfConnection(error)))
  );
}

/**
 * An error as one sentence for people.
 *
 * @param log receives the stack of a fault, because its sentence says only that it happened
 */
export function sentenceOf(error: unknown, log: (text: string) => void): string {
  if (isFault(error)) log(traceOf(error));
  return wordsOf(error);
}

/** An error for a log: the sentence of a failure; the stack of a fault, with those of its causes. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return `A value of the type ${typeof error} was thrown.`;
  if (!isFault(error)) return wordsOf(error);
  const own = isSentence(error) ? error.message : stackOf(error);
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`;
}

function wordsOf(error: unknown): string {
  if (isSentence(error)) return ownWords(error);
  return `Longhaul has a fault of its own (${error instanceof Error ? error.name : typeof error}); its log has the stack.`;
}

/**
 * The message of an error that Node, not our code, makes where a connection fails. If a server has several addresses
 * and none of them answers, the error has no message of its own, but an error for each address.
 */
export function ownWords(error: Error): string {
  if (error instanceof AggregateError && error.message === "")
    return (error.errors as Error[]).map(ownWords).join(", ");
  return isOfConnection(error) ? `${error.message} (${ownWords(error.cause)})` : error.message;
}

/** True for failures, for errors of the operating system, which name the call and the file, and for failed requests. */
function isSentence(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return kind in error || "syscall" in error || isOfConnection(error) || isEnded(error);
}

/** `fetch` says only that it failed, or that the answer ended too early, in a TypeError; its cause says why. */
function isOfConnection(error: Error): error is Error & { cause: Error } {
  return (
    error instanceof TypeError &&
    error.cause instanceof Error &&
    /^(fetch failed|terminated)$/.test(error.message)
  );
}

/** A time limit was reached, or the caller cancelled. */
function isEnded({ name }: Error): boolean {
  return name === "TimeoutError" || name === "AbortError";
}

/** A stack begins with the message. A parser's quotes the text, which may be a secret: it is left out. */
function stackOf(error: Error): string {
  const { name, message, stack = `${name}: ${message}` } = error;
  if (!(error instanceof SyntaxError)) return stack;
  const head = `${name}: ${message}`;
  return `${name}, with a message that may quote a secret${stack.startsWith(head) ? stack.slice(head.length) : ""}`;
}
