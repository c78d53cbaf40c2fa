import type { EngineEvent, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../../contract/failure.ts";
import { failureWords } from "./failure-words.ts";
import { tellEngineEvent } from "./tell-engine.ts";

/** An operation of the engine that failed. Its message is {@link failureWords}, its cause what the Automation API threw. */
export class OperationFailed extends Failure {
  override readonly name = "OperationFailed";
  /** The engine's whole output. */
  readonly output: string;

  constructor(message: string, output: string, cause: unknown) {
    super(message, { cause });
    this.output = output;
  }
}

/** Receives the engine's events and output while it works. */
export type EngineEars = Required<Pick<UpOptions, "onEvent" | "onOutput" | "onError">>;

/**
 * Runs an operation of the engine and reports its progress.
 *
 * @param say receives one line for each event that a person follows
 * @param see receives every event
 * @throws OperationFailed
 */
export async function runOperation<Result>(
  run: (ears: EngineEars) => Promise<Result>,
  say: (line: string) => void,
  see?: (event: EngineEvent) => void,
): Promise<Result> {
  const events: EngineEvent[] = [];
  let output = "";
  const collect = (text: string) => {
    output += text;
  };
  const onEvent = (event: EngineEvent) => {
    events.push(event);
    see?.(event);
    const line = tellEngineEvent(event);
    if (line) say(line);
  };
  try {
    return await run({ onEvent, onOutput: collect, onError: collect });
  } catch (error) {
    const words = failureWords(events, output) || messageOf(error);
    throw new OperationFailed(words, output, error);
  }
}
