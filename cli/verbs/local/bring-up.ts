import type { CloudHandle } from "longhaul-local";
import { sentenceOf } from "../../../contract/failure.ts";
import { exitCodeOf, exitCodes } from "../../exit-codes.ts";
import { engineOf } from "./context.ts";
import type { LocalContext } from "./context.ts";
import { beTheOnlyCommand, findCloud, spawnCloud } from "./find-cloud.ts";
import { Interrupted, untilInterrupted } from "./interrupt.ts";
import { describeLocalMachine, localMachines } from "./machines.ts";
import type { LocalMachine } from "./machines.ts";
import { prove } from "./prove.ts";
import type { ProvenRun } from "./prove.ts";
import { requirePrograms } from "./requirements.ts";
import { openStack, up } from "./stack.ts";
import type { ProgressLines } from "./progress-lines.ts";

/** What `longhaul local --json` prints. */
export interface StandingReport {
  /** Everything is up, and the smoke test has succeeded. */
  ok: boolean;
  /** What went wrong; absent when nothing did. */
  error?: string;
  /** The engine's version; null when there was none. */
  engine: string | null;
  resources: number;
  machines: LocalMachine[];
  smoke: ProvenRun[];
}

/**
 * Brings the environment up and follows the smoke test to its end. The environment
 * stays. An error is put into the report, and the caller prints it.
 *
 * @param serve this program's command line for the cloud's own process, by the path of act
 */
export async function bringUp(
  context: LocalContext,
  serve: (act: string) => readonly string[],
  tell: ProgressLines,
): Promise<{ report: StandingReport; exitCode: number }> {
  const report: StandingReport = { ok: false, engine: null, resources: 0, machines: [], smoke: [] };
  try {
    await bring(context, serve, report, tell);
    report.ok = report.smoke.every(({ conclusion }) => conclusion === "success");
    return { report, exitCode: report.ok ? exitCodes.done : exitCodes.failed };
  } catch (error) {
    report.error = sentenceOf(error, tell);
    return { report, exitCode: error instanceof Interrupted ? error.exitCode : exitCodeOf(error) };
  }
}

/** Does the work, and records in the report how far it came. */
async function bring(
  context: LocalContext,
  serve: (act: string) => readonly string[],
  report: StandingReport,
  tell: ProgressLines,
): Promise<void> {
  await requirePrograms(context);
  await beTheOnlyCommand(context.dir);
  const engine = await engineOf(context, tell);
  report.engine = engine.pulumi.version;
  const { waiting } = tell;
  const found = await waiting({ what: "the local cloud to answer" }, () => findCloud(context.dir));
  const cloud: CloudHandle =
    found ??
    (await waiting({ what: "the local cloud to start" }, () =>
      spawnCloud(context.dir, serve(engine.act.path)),
    ));
  tell(`cloud: AWS at ${cloud.environment.AWS_ENDPOINT_URL!}${found ? ", running since before" : ""}`);
  await cloud.setPace(1); // A command that was killed may have left it fast, and machines are about to boot.
  const stack = await openStack(context, engine, cloud, tell, context.configuration);
  const { resources, changed, smoke } = await up(context, cloud, stack, tell);
  report.resources = resources;
  tell(changed ? `up: ${resources} resources` : `up: nothing to change in ${resources} resources`);
  report.machines = await localMachines(context, cloud, tell);
  for (const machine of report.machines) tell(`  ${describeLocalMachine(machine)}`);
  report.smoke = await untilInterrupted(
    () => prove(context, cloud, smoke, tell),
    async () => {
      await cloud.setPace(1);
      tellNext(tell);
    },
  );
  tellNext(tell);
}

function tellNext(tell: ProgressLines): void {
  tell("the environment stays as it is. Next:");
  tell("  npx longhaul local status   what runs");
  tell("  npx longhaul local env      what a plain pulumi up -s local needs");
  tell("  npx longhaul local down     destroy it");
}
