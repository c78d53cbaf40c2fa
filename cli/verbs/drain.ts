import { Command, Option } from "commander";
import type { VerbContext } from "../context.ts";
import { parsePositive } from "./option-values.ts";

/** `longhaul drain`: the stack runs it before it deletes what machines use: a network, a role or a fleet. */
export function drainCommand(context: VerbContext): Command {
  return new Command("drain")
    .description("wait until no machine uses what is about to be deleted; never ends a job; run by the stack")
    .addOption(
      // `pulumi destroy` calls this without options, so a variable can set it: how long to wait depends on the day.
      new Option(
        "--wait-minutes <minutes>",
        "how long to wait before giving up with a list of what still runs",
      )
        .env("LONGHAUL_DRAIN_MINUTES")
        .argParser(parsePositive),
    )
    .option("--json", "print what was drained as JSON")
    .action(async ({ waitMinutes, json }: { waitMinutes?: number; json?: boolean }) => {
      const { drainRequest, readRequest } = await import("../request.ts");
      const asked = readRequest("drain", drainRequest, context.request);
      const request = waitMinutes === undefined ? asked : { ...asked, waitMinutes };
      const { drain } = await import("../drain/drain.ts");
      const aws = await context.connectAws(request.target);
      const github = await context.connectGithub(request.target.github);
      await drain({ ...context, aws, github }, request);
      if (json) context.output.result(JSON.stringify({ drained: request.guards }));
    });
}
