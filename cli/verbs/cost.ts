import { Command, InvalidArgumentError, Option } from "commander";
import type { VerbContext } from "../context.ts";
import { groupings } from "../cost/grouping.ts";
import type { Grouping } from "../cost/grouping.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { BadUsage } from "../exit-codes.ts";
import { checkNames } from "../fleet/select-runners.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";

const formats = ["table", "json", "csv"] as const;

interface CostFlags extends EnvironmentFlags {
  since: string;
  by: Grouping;
  format: (typeof formats)[number];
  fleet?: string;
  platformCharge: number;
  forecast?: boolean;
  estimate?: boolean;
  json?: boolean;
}

/** `longhaul cost`: shows what an environment cost and what for, or what it will cost. */
export function costCommand(context: VerbContext): Command {
  return withEnvironment(new Command("cost"))
    .description(
      "show what jobs, idle machines and disks cost, and what the same jobs would have cost elsewhere",
    )
    .option(
      "--since <time>",
      'from when on: a span (36h, 30d, 2w), a day or a time in UTC (2026-11-01), or "month"',
      "30d",
    )
    .addOption(new Option("--by <what>", "how to group the jobs").choices(groupings).default("workflow"))
    .addOption(new Option("--format <format>", "how to print it").choices(formats).default("table"))
    .option("--fleet <name>", "only this fleet (default: all fleets)")
    .option(
      "--platform-charge <usd>",
      "US dollars that GitHub charges for a minute of a job on a self-hosted runner",
      parseCharge,
      0,
    )
    .option("--forecast", "also show what the whole month will cost at this pace; not with --fleet")
    .option(
      "--estimate",
      "show what a month of this configuration costs instead; needs no credentials, works before the first up",
    )
    .option("--json", "the same as --format json")
    .action(async (flags: CostFlags) => {
      const format = flags.json ? "json" : flags.format;
      const environment = await environmentOf(context, flags);
      const { fleets } = environment.configuration;
      checkNames("fleet", flags.fleet === undefined ? [] : [flags.fleet], Object.keys(fleets));
      if (flags.fleet !== undefined && flags.forecast) {
        throw new BadUsage(
          `--forecast is for the whole environment: the meter does not count the fleet ${flags.fleet} by days, so its pace is not known. Leave out --fleet or --forecast.`,
        );
      }
      const { costTable, estimateNotes, estimateTable } = await import("../cost/table.ts");
      if (flags.estimate) {
        if (format === "csv") throw new BadUsage("--estimate prints a table or JSON, not CSV.");
        const { estimateOf } = await import("../cost/estimate.ts");
        const estimate = estimateOf(environment.name, selected(environment.configuration, flags.fleet));
        const text =
          format === "json" ? jsonOf({ ...estimate, notes: estimateNotes }) : estimateTable(estimate);
        context.output.result(text);
        return;
      }
      const { parseSince } = await import("../cost/since.ts");
      const { readCost } = await import("../cost/read-cost.ts");
      const { costReport } = await import("../cost/report.ts");
      const { costCsv } = await import("../cost/csv.ts");
      const { clock, output } = context;
      const since = parseSince(flags.since, clock.now());
      const place = { since, ...(flags.fleet !== undefined && { fleet: flags.fleet }) };
      const aws = await context.connectAws(environment.target);
      const report = costReport(await readCost({ aws, clock }, environment, place), {
        ...place,
        by: flags.by,
        platformCharge: flags.platformCharge,
        forecast: flags.forecast ?? false,
      });
      if (format === "csv") {
        output.result(costCsv(report));
        for (const note of report.notes) output.say(note);
      } else {
        output.result(format === "json" ? jsonOf(report) : costTable(report));
      }
    });
}

function selected<Any extends { fleets: Record<string, unknown> }>(
  configuration: Any,
  fleet: string | undefined,
): Any {
  if (fleet === undefined) return configuration;
  return { ...configuration, fleets: { [fleet]: configuration.fleets[fleet] } };
}

/** Rounds amounts to a millionth. Further digits come from floating point and have no meaning. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "number" && !Number.isInteger(each) ? Number(each.toFixed(6)) : each,
  );
}

function parseCharge(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(
    "It must be US dollars for a minute, at least 0 and below 1, for example 0.002.",
  );
}
