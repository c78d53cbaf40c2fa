import { Command } from "commander";

/**
 * `longhaul local …`: a whole environment on this computer. The command itself
 * needs the local cloud and the engine's client, so it is loaded only when it is
 * called, and this one passes all arguments on.
 *
 * @param load loads the command itself
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
