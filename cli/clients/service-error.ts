import { Failure } from "../../contract/failure.ts";

/** A call to AWS or GitHub that failed. The message is a sentence without credentials and without parameter values. */
export class ServiceError extends Failure {
  override readonly name = "ServiceError";
  /** The same call may succeed later: a network error, a time limit, throttling, an internal error of the service. */
  readonly transient: boolean;
  /** Status of the answer; absent if there was none. */
  readonly status?: number;

  constructor(message: string, details: { transient: boolean; status?: number; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.transient = details.transient;
    if (details.status !== undefined) this.status = details.status;
  }
}

export function isTransient(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.transient;
}

/** Whether the service answered with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ServiceError && error.status !== undefined && statuses.includes(error.status);
}
