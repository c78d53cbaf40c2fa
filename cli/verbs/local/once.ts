import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloudHere } from "longhaul-local";
import type { CloudHandle, Engine } from "longhaul-local";
import { sentenceOf } from "../../../contract/failure.ts";
import { exitCodes } from "../../exit-codes.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { engineOf } from "./context.ts";
import type { LocalContext } from "./context.ts";
import { describeLocalMachine, localMachines } from "./machines.ts";
import type { LocalMachine } from "./machines.ts";
import { fastestPace } from "./pace.ts";
import { prove } from "./prove.ts";
import type { ProvenRun } from "./prove.ts";
import { requirePrograms } from "./requirements.ts";
import { destroy, openStack, up } from "./stack.ts";
import type { ProgressLines } from "./progress-lines.ts";

type Step = "engine" | "cloud" | "up" | "smoke" | "destroy";

/** What `longhaul local --once --json` prints. */
export interface OnceReport {
  ok: boolean;
  /** What went wrong; absent when nothing did. */
  error?: string;
  /** The engine's version; null when there was none. */
  engine: string | null;
  resources: number;
  machines: Pick<LocalMachine, "runner" | "instanceId" | "bootSeconds" | "online" | "inService" | "labels">[];
  smoke: ProvenRun[];
  destroyed: boolean;
  /** Real seconds of each step that was reached. */
  seconds: Partial<Record<Step, number>> & { total?: number };
}

/** Runs a step and records how long it took, also when it fails. */
type Timed = <Result>(step: Step | "total", run: () => Promise<Result>) => Promise<Result>;

/**
 * Brings an environment up, follows the smoke test to its end and destroys it, all
 * in one process. The cloud ends with the process, whatever happens. It has a
 * folder of its own, so that an existing environment is not touched. If something
 * fails, the folder is kept for inspection.
 */
export async function runOnce(
  context: LocalContext,
  tell: ProgressLines,
): Promise<{ report: OnceReport; exitCode: ExitCode }> {
  const dir = await mkdtemp(join(tmpdir(), "longhaul-"));
  const report = await runIn({ ...context, dir }, tell);
  if (report.ok) await rm(dir, { recursive: true });
  else tell(`the machines' disks and logs are in ${dir}`);
  return { report, exitCode: report.ok ? exitCodes.done : exitCodes.failed };
}

async function runIn(context: LocalContext, tell: ProgressLines): Promise<OnceReport> {
  const report: OnceReport = {
    ok: false,
    engine: null,
    resources: 0,
    machines: [],
    smoke: [],
    destroyed: false,
    seconds: {},
  };
  const timed: Timed = async (step, run) => {
    const started = performance.now();
    try {
      return await run();
    } finally {
      report.seconds[step] = Math.round((performance.now() - started) / 100) / 10;
    }
  };
  try {
    await timed("total", async () => {
      await requirePrograms(context);
      const engine = await timed("engine", () => engineOf(context, tell));
      report.engine = engine.pulumi.version;
      const log = (line: string) => {
        tell(`  ${line}`);
      };
      const cloud = await timed("cloud", () =>
        tell.waiting({ what: "the local cloud to start" }, () =>
          startCloudHere({ ...context, act: engine.act.path, log }),
        ),
      );
      try {
        await live(context, engine, cloud, report, timed, tell);
      } finally {
        await cloud.stop();
      }
    });
    report.ok = isWell(report);
  } catch (error) {
    report.error = sentenceOf(error, tell);
    tell(report.error);
  }
  tell(`${report.ok ? "all well" : "not all is well"}, ${report.seconds.total!} s`);
  return report;
}

/** Does the work, and records in the report how far it came. */
async function live(
  context: LocalContext,
  engine: Engine,
  cloud: CloudHandle,
  report: OnceReport,
  timed: Timed,
  tell: ProgressLines,
): Promise<void> {
  tell(`cloud: AWS at ${cloud.environment.AWS_ENDPOINT_URL!}`);
  const { stack, made } = await timed("up", async () => {
    const stack = await openStack(context, engine, cloud, tell, context.configuration);
    return { stack, made: await up(context, cloud, stack, tell) };
  });
  report.resources = made.resources;
  tell(`up: ${made.resources} resources in ${report.seconds.up!} s`);

  const machines = await localMachines(context, cloud, tell);
  for (const machine of machines) tell(`  ${describeLocalMachine(machine)}`);
  report.machines = machines.map(({ runner, instanceId, bootSeconds, online, inService, labels }) => ({
    runner,
    instanceId,
    bootSeconds,
    online,
    inService,
    labels,
  }));

  report.smoke = await timed("smoke", () => prove(context, cloud, made.smoke, tell));

  await timed("destroy", async () => {
    await cloud.setPace(fastestPace());
    await destroy(context, cloud, stack, tell);
  });
  report.destroyed = true;
  tell(`destroyed in ${report.seconds.destroy!} s`);
}

function isWell({ machines, smoke, destroyed }: OnceReport): boolean {
  return (
    destroyed &&
    machines.length > 0 &&
    machines.every(({ online, inService }) => online && inService) &&
    smoke.every(
      ({ conclusion, actualRunner, expectedRunner }) =>
        conclusion === "success" && actualRunner === expectedRunner,
    )
  );
}
