import { Failure } from "../../contract/failure.ts";

/** A call to AWS that failed, after its retries. */
export class AwsError extends Failure {
  override readonly name = "AwsError";
  /** For example `ssm:GetParameter`. */
  readonly action: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** AWS's error code, for example `ParameterNotFound`; `NoAnswer` when there was none. */
  readonly code: string;

  constructor(action: string, status: number, code: string, reason: string, options?: { cause: unknown }) {
    super(`${action} failed: ${code}${status === 0 ? "" : ` (${status})`}: ${reason}`, options);
    this.action = action;
    this.status = status;
    this.code = code;
  }
}

/** Takes secrets out of an error that was caught, and out of the errors behind it. */
export function redactError(error: unknown, secrets: readonly (string | undefined)[]): void {
  if (!(error instanceof Error)) return;
  for (const key of ["message", "stack"] as const) {
    const value = redact(error[key] ?? "", secrets);
    // Not set: the message of a DOMException, such as that of a time limit, can only be read.
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  redactError(error.cause, secrets);
}

/** Shorter texts cannot be told from ordinary words, and no credential is that short. */
const shortestSecret = 8;

/**
 * Takes secrets out of a text. AWS repeats what it was sent in some of its
 * messages: the signed headers when a signature does not match, the value when
 * one is not valid.
 */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets.reduce<string>(
    (left, secret) =>
      secret === undefined || secret.length < shortestSecret ? left : left.replaceAll(secret, "***"),
    text,
  );
}
