import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Engine, EngineOptions } from "./engine.ts";
import { failureWords } from "./failure-words.ts";
import { tellEngineEvent } from "./tell-engine.ts";

/**
 * The engine through the Automation API. Ctrl-C is not passed on: the
 * engine's process has got it from the terminal as well. It lets what it has
 * begun come to an end, and is waited for.
 */
export function stackEngine(stack: Pick<Stack, "up">, { say, interruption }: EngineOptions): Engine {
  return {
    up: async () => {
      const events: EngineEvent[] = [];
      let output = "";
      const collect = (text: string) => {
        output += text;
      };
      const onEvent = (event: EngineEvent) => {
        events.push(event);
        const line = tellEngineEvent(event);
        if (line) say(line);
      };
      try {
        await stack.up({ onEvent, onOutput: collect, onError: collect, signal: interruption.askedAlone });
        return { kind: "done" };
      } catch (error) {
        if (interruption.asked.aborted) return { kind: "interrupted" };
        const words = failureWords(events, output) || (error as Error).message;
        return { kind: error instanceof ConcurrentUpdateError ? "locked" : "failed", words };
      }
    },
  };
}
