import { Command } from "commander";

/**
 * `longhaul local …`: a whole environment on this computer. It loads the local
 * cloud and the engine's client, so even its options are read only when it is
 * called.
 *
 * @param load the command itself
 */
export function localCommand(load: () => Promise<Command>): Command {
  return new Command("local")
    .description("a whole environment on this computer, without AWS and GitHub")
    .argument("[arguments...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .helpCommand(false)
    .action(async (args: string[]) => {
      const local = await load();
      await local.parseAsync(args, { from: "user" });
    });
}
