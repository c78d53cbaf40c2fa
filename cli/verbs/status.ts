import { Command } from "commander";
import { isTransient } from "../clients/service-error.ts";
import type { VerbContext } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";
import { parsePositive } from "./option-values.ts";

interface StatusFlags extends EnvironmentFlags {
  watch?: boolean;
  interval: number;
  json?: boolean;
}

/** `longhaul status`: shows every runner and every machine of an environment. */
export function statusCommand(context: VerbContext): Command {
  return withEnvironment(new Command("status"))
    .description("show every runner: its machine, state, desired state, version and age")
    .option("-w, --watch", "look again and again, until Ctrl-C")
    .option("--interval <seconds>", "how often to look", parsePositive, 5)
    .option("--json", "print one JSON object (with --watch: one line for each look)")
    .action(async (flags: StatusFlags) => {
      const { readStatus } = await import("../status/read-status.ts");
      const { statusTable } = await import("../status/table.ts");
      const environment = await environmentOf(context, flags);
      const { output, clock } = context;
      const aws = await context.connectAws(environment.target);
      const github = await context.connectGithub(environment.target.github);
      const { tryReadVersionNotes } = await import("../fleet/try-read-version-notes.ts");
      // Read only once: it changes by the day, and each look makes enough requests already.
      const versions = github
        ? await tryReadVersionNotes(github.runners, environment.configuration.fleets)
        : [];
      const look = async () => {
        const status = await readStatus({ aws, github, clock }, environment, versions);
        return flags.json ? JSON.stringify(status) : statusTable(status, output.terminal?.colours ?? false);
      };
      if (!flags.watch) {
        output.result(await look());
        return;
      }
      const show = flags.json ? output.result : (output.terminal?.redraw ?? output.result);
      for (;;) {
        try {
          show(await look());
        } catch (error) {
          if (!isTransient(error)) throw error;
          output.say(`${error.message} Trying again.`);
        }
        await clock.sleep(flags.interval * 1000);
      }
    });
}
