import type { Command } from "commander";
import type { VerbContext } from "../context.ts";
import { powerCommand } from "./power-command.ts";

/** `longhaul sleep`: runners power off when their jobs have ended. */
export function sleepCommand(context: VerbContext): Command {
  return powerCommand(context, "sleep", "off").description(
    "let runners power off when their jobs have ended, and stay off until the override ends; runners without an idle timeout are started then",
  );
}
