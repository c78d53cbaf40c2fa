/** A refusal as AWS words it: a code that clients decide by, and a sentence for people. */
export class EmulatedAwsError extends Error {
  /** For example `OperationNotPermitted`. */
  readonly code: string;
  /** The sentence without the code, as it goes over the wire. */
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
