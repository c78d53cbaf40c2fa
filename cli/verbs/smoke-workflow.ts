import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";

/** `longhaul smoke publish`: the workflow comes into its repository, or is found there. */
export function smokePublishCommand(context: VerbContext): Command {
  return new Command("publish")
    .description("put the smoke test's workflow into its repository, never over a file of somebody else's")
    .action(async () => {
      const { publishWorkflow } = await import("../smoke-workflow/publish.ts");
      const { files, request } = await openRepository(context, "smoke publish");
      await publishWorkflow({ ...context, files }, request);
    });
}

/** `longhaul smoke withdraw`: run when the workflow is about to leave its repository. */
export function smokeWithdrawCommand(context: VerbContext): Command {
  return new Command("withdraw")
    .description("take the smoke test's workflow out of its repository, if Longhaul has made it")
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
