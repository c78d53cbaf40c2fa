import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/**
 * `longhaul local …`: a whole environment on this computer. It loads the local
 * cloud and the engine's client, so even its options are read only when it is
 * called.
 */
export function localCommand(context: VerbContext): Command {
  return new Command("local")
    .description("a whole environment on this computer, without AWS and GitHub")
    .argument("[arguments...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .helpCommand(false)
    .action(async (args: string[]) => {
      const local = await context.loadLocal();
      await local.parseAsync(args, { from: "user" });
    });
}
