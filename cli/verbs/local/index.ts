import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Command } from "commander";
import { findEngine, localStackName, ownVariables, serveCloud } from "longhaul-local";
import { Failure } from "../../../contract/failure.ts";
import type { ProgressLines } from "./progress-lines.ts";
import { createProgressLines } from "./progress-lines.ts";
import { beTheOnlyCommand, clearCloud, findCloud } from "./find-cloud.ts";
import { engineOf, engineSearch, localContext, requireFiles } from "./context.ts";
import type { LocalContext, LocalFlags } from "./context.ts";
import { bringUp } from "./bring-up.ts";
import { Interrupted } from "./interrupt.ts";
import { describeLocalMachine, localMachines } from "./machines.ts";
import { runOnce } from "./once.ts";
import { fastestPace } from "./pace.ts";
import { destroy, enterCloud, openStack } from "./stack.ts";

/** The part of Pulumi's release that runs a program of this language. */
const languageHost = "pulumi-language-nodejs";

/**
 * `longhaul local`: a whole environment on this computer.
 *
 * @param environment the process's variables
 * @param script this program's file, to start the cloud's own process with
 */
export function localCommand(environment: NodeJS.ProcessEnv, script: string): Command {
  const local = new Command("local")
    .description("a whole environment on this computer: real engine, emulated AWS and GitHub")
    .option("--dir <folder>", "folder of the cloud; each cloud needs its own (default: .longhaul/local)")
    .option(
      "--program <file>",
      "Pulumi program that uses Longhaul's components (default: the project's main)",
    )
    .option("--config <file>", "stack file to bring up (default: Pulumi.local.yaml of the project)")
    .option("--cwd <folder>", "a folder of the project (default: the current one)");
  const context = () => localContext(environment, local.opts<LocalFlags>());

  local
    .option("--once", "bring it up, follow the smoke test to its end, destroy it; exit code 0 or 1")
    .option("--json", "print one JSON object on standard output, and progress on standard error")
    .action(async ({ once, json }: { once?: boolean; json?: boolean }) => {
      const tell = createProgressLines(json ? process.stderr : process.stdout);
      const here = context();
      requireFiles(here);
      const { dir, project } = here;
      const serve = (act: string) => [script, "local", "--cwd", project, "--dir", dir, "serve", "--act", act];
      const { report, exitCode } = await (once ? runOnce(here, tell) : bringUp(here, serve, tell));
      // `--once` has printed it already, before its last line.
      if (!once && report.error !== undefined) console.error(report.error);
      if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
      process.exitCode = exitCode;
    });
  local
    .command("status")
    .description("show the machines that run")
    .option("--json", "print them as JSON")
    // `local` has an option of this name too, and takes it wherever it stands.
    .action((_flags: object, command: Command) =>
      status(context(), command.optsWithGlobals<{ json?: boolean }>().json ?? false),
    );
  local
    .command("down")
    .description("destroy the environment and end the cloud")
    .action(async () => {
      const tell = createProgressLines(process.stdout);
      await down(context(), tell).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
        tell(error.message);
        process.exitCode = error.exitCode;
      });
    });
  local
    .command("env")
    .description('print what a plain "pulumi up -s local" needs; use it as: eval "$(npx longhaul local env)"')
    .action(() => printEnvironment(context(), environment));
  local
    .command("serve", { hidden: true })
    .requiredOption("--act <path>", "the act program")
    .action(({ act }: { act: string }) => serveCloud({ ...context(), act, log: console.log }));
  return local;
}

async function status(context: LocalContext, json: boolean): Promise<void> {
  const cloud = await findCloud(context.dir);
  if (cloud) enterCloud(cloud);
  const machines = cloud ? await localMachines(context, cloud, createProgressLines(process.stderr)) : [];
  if (json) process.stdout.write(`${JSON.stringify({ running: cloud !== undefined, machines })}\n`);
  else if (!cloud) console.log(`No local cloud runs in ${context.dir}. Start one with: npx longhaul local`);
  else if (machines.length === 0) console.log("The local cloud runs, and has no machines.");
  else for (const machine of machines) console.log(describeLocalMachine(machine));
}

async function down(context: LocalContext, tell: ProgressLines): Promise<void> {
  await beTheOnlyCommand(context.dir);
  const { waiting } = tell;
  const cloud = await waiting({ what: "the local cloud to answer" }, () => findCloud(context.dir));
  if (cloud) {
    // The engine waits for users' jobs, which must not take real hours, so the cloud's time runs fast.
    await cloud.setPace(fastestPace());
    const engine = await engineOf(context, tell);
    await destroy(context, cloud, await openStack(context, engine, cloud, tell), tell);
    tell("the environment is destroyed");
    await waiting({ what: "the local cloud to end" }, () => cloud.stop());
  }
  await waiting({ what: "what is left of the cloud's machines to end" }, () => clearCloud(context.dir));
  tell(cloud ? "the cloud has ended" : "no cloud was running; what an earlier one left behind is deleted");
}

async function printEnvironment(context: LocalContext, environment: NodeJS.ProcessEnv): Promise<void> {
  const cloud = await findCloud(context.dir);
  if (!cloud)
    throw new Failure(`No local cloud runs in ${context.dir}: start one with "npx longhaul local" first.`);
  const own = ownVariables(environment).filter((name) => /^\w+$/.test(name)); // A shell cannot unset others.
  if (own.length > 0) console.log(`unset ${own.join(" ")}`);
  // With the stack's name, verbs of an environment need no --stack.
  for (const [name, value] of Object.entries({ ...cloud.environment, PULUMI_STACK: localStackName })) {
    if (name !== "PATH" && name !== "HOME") console.log(`export ${name}=${quoted(value)}`);
  }
  const { pulumi } = await findEngine({ ...engineSearch(environment), log: console.error });
  if (pulumi.source === "PATH") return;
  const folder = dirname(pulumi.path);
  console.log(`export PATH=${quoted(`${folder}:`)}"$PATH"`);
  const hosts = [folder, ...(environment.PATH ?? "").split(delimiter)];
  if (!hosts.some((each) => existsSync(join(each, languageHost)))) {
    console.error(
      `${pulumi.path} was ${pulumi.source} without ${languageHost}: it shows the stack, but cannot run its program. ` +
        "For a plain pulumi up install Pulumi's release (https://www.pulumi.com/docs/iac/download-install/).",
    );
  }
}

/** Quotes a value for a shell. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
