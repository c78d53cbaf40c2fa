import { Command } from "commander";
import { formatSmokeRun } from "../../contract/requests.ts";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";

/** `longhaul smoke dispatch`: proves one machine. Prints one line on standard output: the run, or null if none was needed. */
export function smokeDispatchCommand(context: VerbContext): Command {
  return new Command("dispatch")
    .description(
      "dispatch the smoke test onto one machine, wait for its start or its end as the request says, and print the run " +
        "as JSON; run by the stack",
    )
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
