/** A refusal in AWS's words: a code on which clients decide, and a sentence for people. */
export class EmulatedAwsError extends Error {
  /** AWS's error code, for example `OperationNotPermitted`. */
  readonly code: string;
  /** The sentence without the code, as it is sent. */
  readonly text: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, text: string, status = 400) {
    super(`${code}: ${text}`);
    this.name = "AwsError";
    this.code = code;
    this.text = text;
    this.status = status;
  }
}
