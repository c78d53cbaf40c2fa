import { Command } from "commander";
import { localStackName } from "../../../local/engine/local-stack.ts";
import type { Teller } from "./tell.ts";
import { createTeller } from "./tell.ts";
import { clearCloud, findCloud, spawnCloud } from "./find-cloud.ts";
import { serveCloud } from "./serve-cloud.ts";
import { engineOf, localContext } from "./context.ts";
import type { LocalContext, LocalFlags } from "./context.ts";
import { untilInterrupted } from "./interrupt.ts";
import { describeLocalMachine, localMachines } from "./machines.ts";
import { runOnce } from "./once.ts";
import { fastPace } from "./pace.ts";
import { prove } from "./prove.ts";
import { destroy, enterCloud, openStack, up } from "./stack.ts";

/**
 * `longhaul local`: a whole environment on this computer.
 *
 * @param environment the process's variables
 * @param script this program's file, to start the cloud's own process with
 */
export function localCommand(environment: NodeJS.ProcessEnv, script: string): Command {
  const local = new Command("local")
    .description("a whole environment on this computer: real engine, emulated AWS and GitHub")
    .option("--dir <folder>", "folder of the cloud; two clouds need two (default: .longhaul/local)")
    .option("--config <file>", "stack file that up takes (default: Pulumi.local.yaml of the project)");
  const context = () => localContext(environment, local.opts<LocalFlags>());

  local
    .option("--once", "bring it up, follow the smoke test to its end, destroy it; exit code 0 or 1")
    .option("--json", "one JSON object on standard output; progress goes to standard error")
    .action(async ({ once, json }: { once?: boolean; json?: boolean }) => {
      const tell = createTeller(json ? process.stderr : process.stdout);
      const report = once ? await runOnce(context(), tell) : await bringUp(context(), script, tell);
      if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
      if ("ok" in report && !report.ok) process.exitCode = 1;
    });
  local
    .command("status")
    .description("what runs")
    .option("--json", "as JSON")
    // `local` has an option of this name too, and takes it wherever it stands.
    .action((_flags: object, command: Command) =>
      status(context(), command.optsWithGlobals<{ json?: boolean }>().json ?? false),
    );
  local
    .command("down")
    .description("destroy the environment and end the cloud")
    .action(() => down(context(), createTeller(process.stdout)));
  local
    .command("env")
    .description(
      'print what a plain "pulumi up -s local" needs; use it as: eval "$(npm run --silent local -- env)"',
    )
    .action(() => printEnvironment(context()));
  local
    .command("serve", { hidden: true })
    .requiredOption("--act <path>", "the act program")
    .action(({ act }: { act: string }) => serveCloud({ ...context(), act, log: console.log }));
  return local;
}

/** Up, and the 360-minute run followed to its end. The environment stays. */
async function bringUp(context: LocalContext, script: string, tell: Teller) {
  const engine = await engineOf(context, tell);
  const found = await findCloud(context.dir);
  const cloud =
    found ??
    (await spawnCloud(context.dir, [
      script,
      "local",
      "--dir",
      context.dir,
      "serve",
      "--act",
      engine.act.path,
    ]));
  tell(`cloud: AWS at ${cloud.environment.AWS_ENDPOINT_URL!}${found ? ", running since before" : ""}`);
  await cloud.setPace(1); // A command that was killed has perhaps left it fast, and machines are about to boot.
  const stack = await openStack(context, engine, cloud, context.configuration);
  const report = await up(stack, tell);
  tell(
    report.changed
      ? `up: ${report.resources} resources`
      : `up: nothing to change in ${report.resources} resources`,
  );
  const machines = await localMachines(context, cloud, tell);
  for (const machine of machines) tell(`  ${describeLocalMachine(machine)}`);
  const smoke = await untilInterrupted(
    () => prove(context, cloud, report.smoke, tell),
    async () => {
      await cloud.setPace(1);
      tellNext(tell);
    },
  );
  tellNext(tell);
  return { engine: engine.pulumi.version, resources: report.resources, machines, smoke };
}

function tellNext(tell: Teller): void {
  tell("the environment stays as it is. Next:");
  tell("  npm run local -- status   what runs");
  tell("  npm run local -- env      what a plain pulumi up -s local needs");
  tell("  npm run local -- down     destroy it");
}

async function status(context: LocalContext, json: boolean): Promise<void> {
  const cloud = await findCloud(context.dir);
  if (cloud) enterCloud(cloud);
  const machines = cloud ? await localMachines(context, cloud, createTeller(process.stderr)) : [];
  if (json) process.stdout.write(`${JSON.stringify({ running: cloud !== undefined, machines })}\n`);
  else if (!cloud) console.log(`No local cloud runs in ${context.dir}. Start one with: npm run local`);
  else if (machines.length === 0) console.log("The local cloud runs, and has no machines.");
  else for (const machine of machines) console.log(describeLocalMachine(machine));
}

async function down(context: LocalContext, tell: Teller): Promise<void> {
  const cloud = await findCloud(context.dir);
  if (cloud) {
    // Users' jobs are not waited for in real hours: the cloud's time may run.
    await cloud.setPace(fastPace);
    await destroy(await openStack(context, await engineOf(context, tell), cloud), tell);
    tell("the environment is destroyed");
    await cloud.stop();
  }
  await clearCloud(context.dir);
  tell(cloud ? "the cloud has ended" : "no cloud was running; what an earlier one left is cleared away");
}

async function printEnvironment(context: LocalContext): Promise<void> {
  const cloud = await findCloud(context.dir);
  if (!cloud) throw new Error(`No local cloud runs in ${context.dir}: start one with "npm run local" first.`);
  // With the stack's name, verbs of an environment need no --stack.
  for (const [name, value] of Object.entries({ ...cloud.environment, PULUMI_STACK: localStackName })) {
    if (name !== "PATH" && name !== "HOME") console.log(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  }
}
