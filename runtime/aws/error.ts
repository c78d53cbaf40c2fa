import { Failure } from "../../contract/failure.ts";

/** A call to AWS that failed, also after its retries. */
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

/** Removes secrets from a caught error and from its causes. */
export function redactError(error: unknown, secrets: readonly (string | undefined)[]): void {
  if (!(error instanceof Error)) return;
  for (const key of ["message", "stack"] as const) {
    const value = redact(error[key] ?? "", secrets);
    // Defined and not assigned, because the message of a DOMException, such as a timeout's, is read-only.
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  redactError(error.cause, secrets);
}

/** In characters. Shorter texts cannot be told from ordinary words, and no credential is that short. */
const shortestSecret = 8;

/**
 * Removes secrets from a text. Some of AWS's messages repeat what was sent: the
 * signed headers when a signature does not match, or a value that is not valid.
 */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets.reduce<string>(
    (left, secret) =>
      secret === undefined || secret.length < shortestSecret ? left : left.replaceAll(secret, "***"),
    text,
  );
}
