import type { Interruption } from "../interruption.ts";

/** The result of one `up`. */
export type UpOutcome =
  /** The stack file is applied: the machines are proven and in service. */
  | { kind: "done" }
  /** In the engine's own words. */
  | { kind: "failed"; words: string }
  /** Nothing was begun: another operation on the stack is under way, or died and left its lock. */
  | { kind: "locked"; words: string }
  /** It was interrupted. Steps that had begun have ended; the others were not begun. */
  | { kind: "interrupted" };

export interface EngineOptions {
  /** One line of progress. */
  say: (line: string) => void;
  interruption: Interruption;
}

/** The Pulumi engine on one environment. */
export interface Engine {
  /** Applies the stack file. Never throws for failures of `up` itself. */
  up(): Promise<UpOutcome>;
}
