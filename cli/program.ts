import { Command, CommanderError } from "commander";
import { isFault, traceOf } from "../contract/failure.ts";
import type { VerbContext } from "./context.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { appKeyCommand } from "./verbs/app-key.ts";
import { awaitCommand } from "./verbs/await.ts";
import { awaitMeterCommand, liftCommand } from "./verbs/budget.ts";
import { costCommand } from "./verbs/cost.ts";
import { drainCommand } from "./verbs/drain.ts";
import { evictCommand } from "./verbs/evict.ts";
import { localCommand } from "./verbs/local.ts";
import { reopenCommand } from "./verbs/reopen.ts";
import { rotateCommand } from "./verbs/rotate.ts";
import { settleCommand } from "./verbs/settle.ts";
import { sleepCommand, wakeCommand } from "./verbs/power.ts";
import { smokeCommand } from "./verbs/smoke.ts";
import { statusCommand } from "./verbs/status.ts";
import { webhookSecretCommand } from "./verbs/webhook-secret.ts";

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 bad usage, 3 not finished yet (run it again later), 4 a fault of Longhaul's own.`;

const faultHelp =
  "This is a fault of Longhaul itself, and not of your configuration, AWS or GitHub. What was done stays done. " +
  "Please report it: open an issue at Longhaul's repository with the lines above and the command line.";

/**
 * Runs one command line. A failure is printed as a sentence. A fault is printed with its stack trace and what to do about it.
 *
 * @param args without the interpreter and the script
 */
export async function run(args: readonly string[], context: VerbContext): Promise<ExitCode> {
  try {
    await createProgram(context).parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    // Commander has already printed what is wrong with the command line, or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
    context.output.say(traceOf(error));
    if (isFault(error)) context.output.say(faultHelp);
    return exitCodeOf(error);
  }
}

/** The verbs. Each loads its modules only when it is called, so that the help appears at once. */
function createProgram(context: VerbContext): Command {
  const program = new Command("longhaul")
    .description("Self-hosted GitHub Actions runners on EC2 for jobs that take hours.")
    .addHelpText("after", exitCodeHelp)
    .enablePositionalOptions();
  for (const verb of [
    statusCommand(context),
    costCommand(context),
    sleepCommand(context),
    wakeCommand(context),
    reopenCommand(context),
    evictCommand(context),
    appKeyCommand(context),
    awaitCommand(context),
    awaitMeterCommand(context),
    rotateCommand(context),
    settleCommand(context),
    smokeCommand(context),
    drainCommand(context),
    liftCommand(context),
    webhookSecretCommand(context),
    localCommand(async () => takeOver(await context.loadLocal(), context)),
  ]) {
    program.addCommand(verb);
  }
  return takeOver(program, context);
}

/** Commander neither exits nor writes by itself. Verbs that were added whole do not inherit this. */
function takeOver(command: Command, context: VerbContext): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      context.output.result(text.trimEnd());
    },
    writeErr: (text) => {
      context.output.say(text.trimEnd());
    },
  });
  for (const child of command.commands) takeOver(child, context);
  return command;
}
