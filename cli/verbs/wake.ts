import type { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { powerCommand } from "./power-command.ts";

/** `longhaul wake`: runners are started and stay on. */
export function wakeCommand(context: VerbContext): Command {
  return powerCommand(context, "wake", "on")
    .description("start runners that are asleep, and keep them on regardless of working hours")
    .option("--over-budget", "even though the month's budget is spent; needs --until");
}
