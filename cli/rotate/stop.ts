/** Why a rotation does not go on. */
export type Stop =
  /** A new machine did not prove itself. Everything is as before its batch. */
  | { kind: "taken-back"; words: string }
  /** Nor could that be brought about. */
  | { kind: "not-taken-back"; words: string; failure: string }
  /** The stack file says something else than this rotation left in it. */
  | { kind: "edited" }
  | { kind: "interrupted" }
  | { kind: "locked"; words: string };
