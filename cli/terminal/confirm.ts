import { createInterface } from "node:readline/promises";
import { BadUsage } from "../exit-codes.ts";

/**
 * Asks a person a question. Only an explicit yes counts as yes.
 *
 * @throws BadUsage (from the returned function) if there is no terminal to ask on
 */
export function confirmAt(
  input: NodeJS.ReadableStream & { isTTY?: boolean },
  output: NodeJS.WritableStream,
): (question: string) => Promise<boolean> {
  return async (question) => {
    if (!input.isTTY) throw new BadUsage(`${question} There is no terminal to ask at: answer with --yes.`);
    const terminal = createInterface({ input, output });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
