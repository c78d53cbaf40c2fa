import type { Context } from "mocha";
import { runsInCi } from "../cli/runs-in-ci.ts";

/**
 * Skips a test that needs something which is not installed, and says why.
 *
 * @throws Error in CI, where everything that can be installed must be
 */
export function skip(context: Pick<Context, "skip">, reason: string, environment = process.env): never {
  if (runsInCi(environment)) throw new Error(`In CI nothing is skipped that can be installed: ${reason}`);
  console.log(`      skipped: ${reason}`);
  return context.skip();
}
