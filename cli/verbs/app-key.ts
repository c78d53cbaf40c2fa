import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { BadUsage } from "../exit-codes.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";

interface AppKeyFlags extends EnvironmentFlags {
  file?: string;
  remove?: boolean;
}

/** `longhaul app-key`: stores or deletes the private key of the GitHub App with which the controller asks GitHub. */
export function appKeyCommand(context: VerbContext): Command {
  return withEnvironment(new Command("app-key"))
    .description(
      "store the private key of the GitHub App, with which the controller looks for jobs that no webhook reported",
    )
    .option(
      "--file <path>",
      "the PEM file that GitHub gave; the key is neither printed nor kept in the stack's state",
    )
    .option("--remove", "delete the stored key instead")
    .action(async ({ file, remove, ...flags }: AppKeyFlags) => {
      if ((file === undefined) === (remove === undefined)) {
        throw new BadUsage("Use one of the two: --file <path> stores a key, --remove deletes it.");
      }
      const { appKeyIn } = await import("../app-key/read-app-key.ts");
      const { removeAppKey, storeAppKey } = await import("../app-key/store-app-key.ts");
      const key = file === undefined ? undefined : appKeyIn(await contentOf(file), file);
      const environment = await environmentOf(context, flags);
      const { secrets } = (await context.connectAws(environment.target)).parameters;
      const collaborators = { secrets, output: context.output };
      if (key === undefined) await removeAppKey(collaborators, environment);
      else await storeAppKey(collaborators, environment, key);
    });
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new BadUsage(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}). Nothing was stored.`,
    );
  }
}
