import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";
import { NotFinished } from "../exit-codes.ts";

/** `longhaul settle`: every machine of the roster has exactly the fleet's labels. */
export function settleCommand(context: VerbContext): Command {
  return new Command("settle")
    .description("give every machine of a fleet's roster exactly the fleet's labels; twice changes nothing")
    .option("--json", "print what was changed as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { readRequest, settleRequest } = await import("../request.ts");
      const request = readRequest("settle", settleRequest, context.request);
      const { settleLabels } = await import("../fleet/settle-labels.ts");
      const github = await requireGithub(context, request.target.github);
      const aws = await context.connectAws(request.target);
      const result = await settleLabels({ ...context, aws, github }, request);
      if (json) context.output.result(JSON.stringify(result));
      if (result.unsettled.length > 0) throw new NotFinished(result.unsettled.join("\n"));
    });
}
