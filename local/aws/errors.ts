import { Failure } from "../../contract/failure.ts";

/** A refusal in AWS's words: a code on which clients decide, and a sentence for people. */
export class EmulatedAwsError extends Failure {
  override readonly name = "AwsError";
  /** AWS's error code, for example `OperationNotPermitted`. */
  readonly code: string;
  /** The sentence without the code, as it is sent. */
  readonly text: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, text: string, status = 400) {
    super(`${code}: ${text}`);
    this.code = code;
    this.text = text;
    this.status = status;
  }
}
