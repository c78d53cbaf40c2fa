import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/** `longhaul lift`: run when AWS's budget is about to be deleted. */
export function liftCommand(context: VerbContext): Command {
  return new Command("lift")
    .description("take back what AWS's budget has denied, before it is deleted")
    .action(async () => {
      const { liftRequest, readRequest } = await import("../request.ts");
      const request = readRequest("lift", liftRequest, context.request);
      const { lift } = await import("../budget/lift.ts");
      const aws = await context.connectAws(request.target);
      await lift({ ...context, aws }, request);
    });
}
