/*
 * Two kinds of errors. A failure is what can go wrong although the code is
 * right: a service refuses or does not answer, a file is missing, a command line
 * is wrong. Its message is a sentence, and says enough. Everything else, a
 * TypeError or a plain Error, is a fault of Longhaul's own: people are told that
 * there is one, and its stack goes to a log.
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
}

/** A failure that says more of another error of ours, which may be a fault. */
class Explained extends Failure {
  override readonly [kind] = "explained";
}

/**
 * An error with the sentence of its caller around its own. A fault stays one.
 *
 * @param words makes the whole sentence from the error's own
 */
export function explained(error: unknown, words: (sentence: string) => string): Failure {
  return new Explained(words(wordsOf(error)), { cause: error });
}

/** Whether an error is a fault of the code, or says more of one. */
export function isFault(error: unknown): boolean {
  if (!isSentence(error)) return true;
  return kind in error && error[kind] === "explained" && isFault(error.cause);
}

/**
 * What people are told of an error: one sentence.
 *
 * @param log takes the stack of a fault, of which people are told no more than that there is one
 */
export function sentenceOf(error: unknown, log: (text: string) => void): string {
  if (isFault(error)) log(traceOf(error));
  return wordsOf(error);
}

/** What a log is told of an error: the sentence of a failure; the stack of a fault, and the causes behind it. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return `A value of the type ${typeof error} was thrown.`;
  if (!isFault(error)) return error.message;
  const own = isSentence(error) ? error.message : stackOf(error);
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`;
}

function wordsOf(error: unknown): string {
  if (isSentence(error)) return error.message;
  return `Longhaul has a fault of its own (${error instanceof Error ? error.name : typeof error}); its log has the stack.`;
}

/** Failures, and the errors of the operating system, which name the call and the file. */
function isSentence(error: unknown): error is Error {
  return error instanceof Error && (kind in error || "syscall" in error);
}

/** A stack begins with the message. A parser's quotes the text, which may be a secret: it is left out. */
function stackOf(error: Error): string {
  const { name, message, stack = `${name}: ${message}` } = error;
  if (!(error instanceof SyntaxError)) return stack;
  const head = `${name}: ${message}`;
  return `${name}, with a message that may quote a secret${stack.startsWith(head) ? stack.slice(head.length) : ""}`;
}
