import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";
import { parsePositive } from "./option-values.ts";

/** A machine boots in two to four minutes; an installation from the package manager may take ten. */
const defaultWithinMinutes = 15;

/** `longhaul await`: machines are online and have the fleet's labels. */
export function awaitCommand(context: VerbContext): Command {
  return new Command("await")
    .description("wait until a fleet's machines are online, then give them the fleet's labels")
    .option(
      "--within <minutes>",
      "until a machine that is not online has failed",
      parsePositive,
      defaultWithinMinutes,
    )
    .option("--json", "print the machines as JSON")
    .action(async ({ within, json }: { within: number; json?: boolean }) => {
      const { awaitRequest, readRequest } = await import("../request.ts");
      const request = readRequest("await", awaitRequest, context.request);
      const { awaitOnline } = await import("../fleet/await-online.ts");
      const github = await requireGithub(context, request.target.github);
      const aws = await context.connectAws(request.target);
      const machines = await awaitOnline({ ...context, aws, github }, request, within);
      if (json) context.output.result(JSON.stringify({ machines }));
    });
}
