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

/** `longhaul cost`: what an environment cost and what for, or what it will cost. */
export function costCommand(context: VerbContext): Command {
  return withEnvironment(new Command("cost"))
    .description(
      "show what jobs, idle machines and disks cost, and what the same jobs would have cost elsewhere",
    )
    .option("--since <time>", "a span (36h, 30d, 2w), a day or a time in UTC (2026-11-01) or month", "30d")
    .addOption(
      new Option("--by <what>", "what the jobs are grouped by").choices(groupings).default("workflow"),
    )
    .addOption(new Option("--format <format>", "how to print it").choices(formats).default("table"))
    .option("--fleet <name>", "one fleet alone")
    .option(
      "--platform-charge <usd>",
      "what GitHub asks for a minute of a job on a runner of your own",
      parseCharge,
      0,
    )
    .option("--forecast", "also where the month ends at this pace, for the whole environment")
    .option(
      "--estimate",
      "what a month of this configuration costs; needs no credentials, works before the first up",
    )
    .option("--json", "the same as --format json")
    .action(async (flags: CostFlags) => {
      const format = flags.json ? "json" : flags.format;
      const environment = await environmentOf(context, flags);
      const { fleets } = environment.configuration;
      checkNames("fleet", flags.fleet === undefined ? [] : [flags.fleet], Object.keys(fleets));
      if (flags.fleet !== undefined && flags.forecast) {
        throw new BadUsage(
          `--forecast is the whole environment's: of the fleet ${flags.fleet} alone the meter knows no days to take a pace from. Leave --fleet or --forecast out.`,
        );
      }
      const { costTable, estimateNotes, estimateTable } = await import("../cost/table.ts");
      if (flags.estimate) {
        if (format === "csv") throw new BadUsage("--estimate prints a table or JSON.");
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

/** Amounts to the millionth: what floating point adds behind it means nothing. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "number" && !Number.isInteger(each) ? Number(each.toFixed(6)) : each,
  );
}

function parseCharge(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be US dollars for a minute, for example 0.002.");
}
