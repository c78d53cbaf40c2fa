import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";

/** `longhaul await`: waits for new machines and gives them the fleet's labels. */
export function awaitCommand(context: VerbContext): Command {
  return new Command("await")
    .description(
      "wait until a fleet's new machines are online, then give them the fleet's labels; run by the stack",
    )
    .option("--json", "print the machines as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { awaitRequest, readRequest } = await import("../request.ts");
      const request = readRequest("await", awaitRequest, context.request);
      const { awaitOnline } = await import("../fleet/await-online.ts");
      const github = await requireGithub(context, request.target.github);
      const aws = await context.connectAws(request.target);
      const machines = await awaitOnline({ ...context, aws, github }, request);
      if (json) context.output.result(JSON.stringify({ machines }));
    });
}
