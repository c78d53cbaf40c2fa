import type { Interruption } from "../interruption.ts";

/** What one `up` came to. */
export type UpOutcome =
  /** What the stack file says is so: the machines are proven and in service. */
  | { kind: "done" }
  /** In the engine's own words. */
  | { kind: "failed"; words: string }
  /** Nothing was begun: somebody else's operation on the stack is under way, or died and left its lock. */
  | { kind: "locked"; words: string }
  /** Somebody ended it. What had been begun has come to its end; the rest was not begun. */
  | { kind: "interrupted" };

export interface EngineOptions {
  /** One line of what happens. */
  say: (line: string) => void;
  interruption: Interruption;
}

/** The Pulumi engine on one environment. */
export interface Engine {
  /** Brings about what the stack file says. Never throws for what `up` itself finds. */
  up(): Promise<UpOutcome>;
}
