import { Command } from "commander";
import { Failure } from "../../contract/failure.ts";
import type { SettleReport } from "../settle/settle.ts";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { NotFinished } from "../exit-codes.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";

interface SettleFlags extends EnvironmentFlags {
  fleet?: string;
  json?: boolean;
}

/** `longhaul settle`: brings an existing environment in order. The stack runs it for one fleet, people for all. */
export function settleCommand(context: VerbContext): Command {
  const command = new Command("settle")
    .description(
      "bring an environment in order: labels, registration tokens, machines asleep on no list, entries of machines " +
        "that are gone; lists what it does not understand; a second run changes nothing",
    )
    .option("-f, --fleet <name>", "only this fleet (default: every fleet of the environment)")
    .option("--json", "print what was done and found as JSON");
  return withEnvironment(command).action(async (flags: SettleFlags) => {
    const forStack = Boolean(context.request);
    const report = forStack ? await settleForStack(context) : await settleByHand(context, flags);
    if (flags.json) context.output.result(JSON.stringify(report));
    conclude(context, report, forStack);
  });
}

async function settleForStack(context: VerbContext): Promise<SettleReport> {
  const { readRequest, settleRequest } = await import("../request.ts");
  const request = readRequest("settle", settleRequest, context.request);
  const { settleRequested } = await import("../settle/settle.ts");
  const github = await requireGithub(context, request.target.github);
  const aws = await context.connectAws(request.target);
  return settleRequested({ ...context, aws, github }, request);
}

async function settleByHand(context: VerbContext, flags: SettleFlags): Promise<SettleReport> {
  const { name, configuration, target } = await environmentOf(context, flags);
  const { settleRequestOf } = await import("../../config/settle-request.ts");
  const { settleEnvironment } = await import("../settle/settle.ts");
  const { tryReadVersionNotes } = await import("../fleet/try-read-version-notes.ts");
  const aws = await context.connectAws(target);
  const github = await context.connectGithub(target.github);
  const requests = Object.keys(configuration.fleets).map((fleet) =>
    settleRequestOf(name, configuration, fleet),
  );
  const { kmsKeyArn } = configuration.aws;
  const unconfigured = { ownTags: configuration.tags, ...(kmsKeyArn !== undefined && { kmsKeyArn }) };
  const collaborators = { ...context, aws, github };
  const report = await settleEnvironment(collaborators, target, requests, unconfigured, flags.fleet);
  if (github) report.notes.push(...(await tryReadVersionNotes(github.runners, configuration.fleets)));
  return report;
}

/**
 * Prints what was found, and fails if something is left. The stack's own run only
 * prints what is left to do: its machines are in service by then, and an old entry
 * that settle cannot judge must not fail an `up`.
 *
 * @throws Failure when a service failed; NotFinished when something is left to do
 */
function conclude({ output }: VerbContext, { fleets, ...whole }: SettleReport, forStack: boolean): void {
  const all = [whole, ...fleets];
  for (const sentence of all.flatMap(({ notes }) => notes)) output.say(sentence);
  const unsettled = all.flatMap((each) => each.unsettled);
  const failed = all.flatMap((each) => each.failed);
  if (failed.length > 0) {
    throw new Failure([...unsettled, ...failed, "What was done stays done. Run it again."].join("\n"));
  }
  if (forStack) for (const sentence of unsettled) output.say(sentence);
  else if (unsettled.length > 0) throw new NotFinished(unsettled.join("\n"));
}
