import { Command } from "commander";
import { fleetParameters } from "../../contract/parameters.ts";
import type { VerbContext } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";

interface ReopenFlags extends EnvironmentFlags {
  fleet?: string;
  json?: boolean;
}

/** `longhaul reopen`: reopens fleets that an aborted destroy has closed. */
export function reopenCommand(context: VerbContext): Command {
  return withEnvironment(new Command("reopen"))
    .description("keep fleets that an aborted destroy has closed; a second run changes nothing")
    .option("--fleet <name>", "one fleet (default: all fleets)")
    .option("--json", "print what was reopened as JSON")
    .action(async (flags: ReopenFlags) => {
      const { findRunners } = await import("../fleet/find-runners.ts");
      const { select } = await import("../fleet/select-runners.ts");
      const { reopenFleets } = await import("../operator/reopen-fleets.ts");
      const environment = await environmentOf(context, flags);
      const { name } = environment;
      const aws = await context.connectAws(environment.target);
      const { runners } = await findRunners(aws, environment);
      const { output, clock } = context;
      const result = await reopenFleets({ aws, clock, output }, name, await fleets(flags.fleet));
      if (flags.json) output.result(JSON.stringify(result));

      async function fleets(fleet: string | undefined): Promise<string[]> {
        // A fleet may still be closing although it is no longer in the configuration and its machines have left.
        if (fleet !== undefined && (await isThere(fleet))) return [fleet];
        return select(runners, { fleet }).map((each) => each.fleet);
      }

      async function isThere(fleet: string): Promise<boolean> {
        const { override } = fleetParameters(name, fleet);
        return (await aws.parameters.read([override])).has(override);
      }
    });
}
