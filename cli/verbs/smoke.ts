import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { smokeDispatchCommand } from "./smoke-dispatch.ts";
import { smokeFollowCommand } from "./smoke-follow.ts";
import { smokePublishCommand, smokeWithdrawCommand } from "./smoke-workflow.ts";

/** `longhaul smoke …`: the smoke test, a workflow that proves a machine. */
export function smokeCommand(context: VerbContext): Command {
  return new Command("smoke")
    .description("dispatch, follow, publish or withdraw the smoke test, the workflow that proves a machine")
    .addCommand(smokeDispatchCommand(context))
    .addCommand(smokeFollowCommand(context))
    .addCommand(smokePublishCommand(context))
    .addCommand(smokeWithdrawCommand(context));
}
