import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";

/** `longhaul smoke publish`: writes the workflow into its repository, or checks that it is there. */
export function smokePublishCommand(context: VerbContext): Command {
  return new Command("publish")
    .description(
      "write the smoke test's workflow into its repository, never over a file that Longhaul did not make; run by the stack",
    )
    .action(async () => {
      const { publishWorkflow } = await import("../smoke-workflow/publish.ts");
      const { files, request } = await openRepository(context, "smoke publish");
      await publishWorkflow({ ...context, files }, request);
    });
}

/** `longhaul smoke withdraw`: the stack runs it when the workflow is no longer needed. */
export function smokeWithdrawCommand(context: VerbContext): Command {
  return new Command("withdraw")
    .description(
      "delete the smoke test's workflow from its repository, if Longhaul has made it; run by the stack",
    )
    .action(async () => {
      const { withdrawWorkflow } = await import("../smoke-workflow/withdraw.ts");
      const { files, request } = await openRepository(context, "smoke withdraw");
      await withdrawWorkflow({ ...context, files }, request);
    });
}

async function openRepository(context: VerbContext, verb: string) {
  const { readRequest, smokeWorkflowRequest } = await import("../request.ts");
  const request = readRequest(verb, smokeWorkflowRequest, context.request);
  const github = await requireGithub(context, request.target.github);
  return { request, files: github.files(request.smoke) };
}
