import type { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { powerCommand } from "./power-command.ts";

/** `longhaul wake`: runners are started and stay on. */
export function wakeCommand(context: VerbContext): Command {
  return powerCommand(context, "wake", "on")
    .description("start runners that are asleep, and let them stay on whatever the working hours")
    .option("--over-budget", "although the month's money is gone; needs --until");
}
