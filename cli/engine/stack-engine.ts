import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import type { UpOptions } from "@pulumi/pulumi/automation/index.js";
import type { Engine, EngineOptions } from "./engine.ts";
import { OperationFailed, runOperation } from "./operation.ts";

/** A stack, with the methods that are used here. */
export interface UpdatableStack {
  up(options: UpOptions): Promise<unknown>;
}

/**
 * The engine through the Automation API. Ctrl-C is not passed on, because the
 * engine's process receives it from the terminal as well. It finishes the steps
 * that it has begun, and this waits for it.
 */
export function stackEngine(stack: UpdatableStack, { say, interruption }: EngineOptions): Engine {
  return {
    up: async () => {
      try {
        await runOperation((ears) => stack.up({ ...ears, signal: interruption.askedAlone }), say);
        return { kind: "done" };
      } catch (error) {
        if (interruption.asked.aborted) return { kind: "interrupted" };
        if (!(error instanceof OperationFailed)) throw error;
        const isLocked = error.cause instanceof ConcurrentUpdateError;
        return { kind: isLocked ? "locked" : "failed", words: error.message };
      }
    },
  };
}
