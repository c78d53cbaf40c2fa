/** Why a rotation does not continue. */
export type Stop =
  /** A new machine was not proven. Everything is as before its batch. */
  | { kind: "taken-back"; words: string }
  /** The batch could not be undone either. */
  | { kind: "not-taken-back"; words: string; failure: string }
  /** The stack file differs from what this rotation left in it. */
  | { kind: "edited" }
  | { kind: "interrupted" }
  | { kind: "locked"; words: string };
