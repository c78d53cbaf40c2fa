import { Command } from "commander";
import { Failure } from "../../contract/failure.ts";
import type { Override } from "../../contract/override.ts";
import { written } from "../../contract/written.ts";
import type { Power } from "../../contract/parameters.ts";
import type { VerbContext } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { BadUsage, NotFinished } from "../exit-codes.ts";
import type { PowerResult } from "../operator/set-power.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";
import { checkReason, parsePositive } from "./option-values.ts";

export interface PowerFlags extends EnvironmentFlags {
  fleet?: string;
  runner?: string[];
  until?: string;
  reason?: string;
  clear?: boolean;
  overBudget?: boolean;
  wait: boolean;
  waitMinutes: number;
  yes?: boolean;
  json?: boolean;
}

/** `longhaul sleep`: runners power off when their jobs have ended. */
export function sleepCommand(context: VerbContext): Command {
  return powerCommand(context, "sleep", "off").description(
    "let runners power off when their jobs have ended, and stay off until the override ends; runners without an idle timeout are started then",
  );
}

/** `longhaul wake`: runners are started and stay on. */
export function wakeCommand(context: VerbContext): Command {
  return powerCommand(context, "wake", "on")
    .description("start runners that are asleep, and keep them on regardless of working hours")
    .option("--over-budget", "even though the month's budget is spent; needs --until");
}

/** `sleep` and `wake` differ only in the power that they set. */
function powerCommand(context: VerbContext, verb: "sleep" | "wake", power: Power): Command {
  return withEnvironment(new Command(verb))
    .option("--fleet <name>", "the runners of one fleet (default: all fleets, after asking)")
    .option("--runner <names...>", "these runners alone")
    .option(
      "--until <time>",
      "when the override expires: a span (90m, 36h, 3d, 2w, 1d12h), a time (2026-03-01T18:00) or a time of the day (18:30)",
    )
    .option("--reason <text>", "why; `longhaul status` shows it")
    .option(
      "--clear",
      "remove the overrides instead: budget, working hours and idle timeout decide again; machines that none of these keeps asleep are started",
    )
    .option("--no-wait", `do not wait until the machines are ${power === "off" ? "asleep" : "online"}`)
    .option("--wait-minutes <minutes>", "how long to wait for them", parsePositive, 10)
    .option("-y, --yes", "do not ask")
    .option("--json", "print what was done as JSON")
    .action(async (flags: PowerFlags) => {
      const { findRunners } = await import("../fleet/find-runners.ts");
      const { select } = await import("../fleet/select-runners.ts");
      const { setPower } = await import("../operator/set-power.ts");
      const { writeOverrides } = await import("../operator/write-overrides.ts");
      const { parseUntil } = await import("../operator/until.ts");
      checkFlags(flags);
      const { output, clock } = context;
      const until = flags.until === undefined ? undefined : parseUntil(flags.until, clock.now());
      const environment = await environmentOf(context, flags);
      const aws = await context.connectAws(environment.target);
      const { runners } = await findRunners(aws, environment);
      const selections = select(runners, { fleet: flags.fleet, runners: flags.runner });

      if (flags.fleet === undefined && flags.runner === undefined && !flags.yes) {
        const fleets = selections.map(({ fleet }) => fleet).join(", ");
        const what = flags.clear ? "Remove the overrides for" : verb === "sleep" ? "Put to sleep" : "Wake";
        const question = `${what} every fleet of ${environment.name} (${fleets})?`;
        if (!(await context.confirm(question))) throw new Failure("Nothing was done.");
      }
      if (flags.clear) {
        const fleets = await writeOverrides(
          { ...aws, clock, output },
          environment.name,
          selections,
          undefined,
        );
        if (flags.json) output.result(JSON.stringify({ override: null, fleets }));
        return;
      }
      const override = written<Override>({
        power,
        by: callerName(aws.caller),
        reason: flags.reason ?? `longhaul ${verb}`,
        until,
        overBudget: flags.overBudget ? true : undefined,
      });
      const github = await context.connectGithub(environment.target.github);
      const result = await setPower({ aws, github, clock, output }, environment, {
        override,
        selections,
        ...(flags.wait && { waitMinutes: flags.waitMinutes }),
      });
      if (flags.json) output.result(JSON.stringify(result));
      throwUnlessDone(verb, flags.waitMinutes, result);
    });
}

/** @throws Failure when a machine could not be started; NotFinished when one has not reached the power yet */
function throwUnlessDone(
  verb: "sleep" | "wake",
  waitMinutes: number,
  { left, notStarted }: Pick<PowerResult, "left" | "notStarted">,
): void {
  const waiting =
    left.length === 0
      ? []
      : [
          `After ${waitMinutes} min, ${left.length} machine(s) are not ${verb === "sleep" ? "asleep" : "online"} yet:`,
          ...left.map(({ why }) => `  ${why}`),
          "No job was interrupted, and the override stays set. Run the command again to wait longer.",
        ];
  if (notStarted.length > 0) {
    const runners = notStarted.map(({ runner }) => runner).join(", ");
    const refused = `${notStarted.length} machine(s) could not be started: ${runners}. The override stays set: run the command again later.`;
    throw new Failure([...waiting, refused].join("\n"));
  }
  if (waiting.length > 0) throw new NotFinished(waiting.join("\n"));
}

/** @throws BadUsage */
function checkFlags({ clear, until, reason, overBudget }: PowerFlags): void {
  if (clear && (until !== undefined || reason !== undefined || overBudget)) {
    throw new BadUsage(
      "--clear removes overrides: it cannot be combined with --until, --reason or --over-budget.",
    );
  }
  if (overBudget && until === undefined) {
    throw new BadUsage("--over-budget needs an end: add --until 2h, for example.");
  }
  checkReason(reason);
}

/**
 * The caller's name, short enough for a table: the user's name, or the role and
 * the session's name, which is the person's name under single sign-on.
 *
 * @param arn as STS returns it, for example `arn:aws:iam::123456789012:user/team/ada`
 */
export function callerName(arn: string): string {
  const resource = arn.split(":").slice(5).join(":");
  const [kind, ...path] = resource.split("/");
  if (kind === "assumed-role") {
    const [role, session] = [path[0] ?? "", path.at(-1) ?? ""];
    // IAM Identity Center generates the name of a permission set's role, so the name says nothing useful.
    return role.startsWith("AWSReservedSSO_") ? session : `${role}/${session}`;
  }
  return path.at(-1) ?? (resource === "" ? arn : resource);
}
