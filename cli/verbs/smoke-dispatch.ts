import { Command } from "commander";
import { formatSmokeRun } from "../../contract/requests.ts";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";

/** `longhaul smoke dispatch`: proves one machine and prints the run, or null; the one line on standard output. */
export function smokeDispatchCommand(context: VerbContext): Command {
  return new Command("dispatch")
    .description("dispatch the smoke test onto one machine, wait for it as asked, print the run as JSON")
    .action(async () => {
      const { readRequest, smokeDispatchRequest } = await import("../request.ts");
      const request = readRequest("smoke dispatch", smokeDispatchRequest, context.request);
      const { proveMachine } = await import("../smoke/prove-machine.ts");
      const github = await requireGithub(context, request.target.github);
      const aws = await context.connectAws(request.target);
      const run = await proveMachine({ ...context, aws, github }, request);
      context.output.result(formatSmokeRun(run));
    });
}
