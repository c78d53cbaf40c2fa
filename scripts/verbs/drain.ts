import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/** `longhaul drain`: the guard of what machines stand on, run when that is about to be deleted. */
export function drainCommand(context: VerbContext): Command {
  return new Command("drain")
    .description("wait until no machine uses what is about to be deleted; never ends a job")
    .option("--json", "print what was drained as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { drainRequest, readRequest } = await import("../request.ts");
      const request = readRequest("drain", drainRequest, context.request);
      const { drain } = await import("../drain/drain.ts");
      const aws = await context.connectAws(request.target);
      const github = await context.connectGithub(request.target.github);
      await drain({ ...context, aws, github }, request);
      if (json) context.output.result(JSON.stringify({ drained: request.guards }));
    });
}
