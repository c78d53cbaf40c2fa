import { createInterface } from "node:readline/promises";
import { BadUsage } from "../exit-codes.ts";

/**
 * Asks a person a question that only an explicit yes answers with yes.
 *
 * @throws BadUsage (from the function returned) where nobody can be asked
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
