import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/** `longhaul await-meter`: the stack runs it before it creates the alarm on a silent meter. */
export function awaitMeterCommand(context: VerbContext): Command {
  return new Command("await-meter")
    .description("wait until the controller counts what is spent, for at most six minutes; run by the stack")
    .action(async () => {
      const { awaitMeterRequest, readRequest } = await import("../request.ts");
      const request = readRequest("await-meter", awaitMeterRequest, context.request);
      const { awaitMeter } = await import("../budget/await-meter.ts");
      const aws = await context.connectAws(request.target);
      await awaitMeter({ ...context, aws }, request);
    });
}

/** `longhaul lift`: the stack runs it before it deletes AWS's budget. */
export function liftCommand(context: VerbContext): Command {
  return new Command("lift")
    .description("reverse what AWS's budget has denied, before the budget is deleted; run by the stack")
    .action(async () => {
      const { liftRequest, readRequest } = await import("../request.ts");
      const request = readRequest("lift", liftRequest, context.request);
      const { lift } = await import("../budget/lift.ts");
      const aws = await context.connectAws(request.target);
      await lift({ ...context, aws }, request);
    });
}
