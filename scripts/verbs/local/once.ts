import { startCloudHere } from "./cloud-process.ts";
import type { CloudHandle } from "./cloud-process.ts";
import { engineOf } from "./context.ts";
import type { LocalContext } from "./context.ts";
import { describeLocalMachine, localMachines } from "./machines.ts";
import type { LocalMachine } from "./machines.ts";
import { fastPace } from "./pace.ts";
import { prove } from "./prove.ts";
import type { ProvenRun } from "./prove.ts";
import { destroy, openStack, up } from "./stack.ts";
import type { Teller } from "./tell.ts";

/** What `longhaul local --once --json` prints. */
export interface OnceReport {
  ok: boolean;
  /** What went wrong, as a sentence; absent when all went well. */
  error?: string;
  /** The engine's version. */
  engine: string | null;
  resources: number;
  machines: Pick<LocalMachine, "runner" | "instanceId" | "bootSeconds" | "online" | "inService" | "labels">[];
  smoke: ProvenRun[];
  destroyed: boolean;
  /** Seconds of the computer for each step that was reached. */
  seconds: Partial<Record<"engine" | "cloud" | "up" | "smoke" | "destroy", number>> & { total: number };
}

/**
 * A whole life in one process: up, smoke test to its end, destroy. The cloud
 * ends with the process, whatever happens.
 */
export async function runOnce(context: LocalContext, tell: Teller): Promise<OnceReport> {
  const report: OnceReport = {
    ok: false,
    engine: null,
    resources: 0,
    machines: [],
    smoke: [],
    destroyed: false,
    seconds: { total: 0 },
  };
  const timed = async <Result>(
    step: keyof OnceReport["seconds"],
    run: () => Promise<Result>,
  ): Promise<Result> => {
    const started = performance.now();
    try {
      return await run();
    } finally {
      report.seconds[step] = Math.round((performance.now() - started) / 100) / 10;
    }
  };
  let cloud: CloudHandle | undefined;
  try {
    await timed("total", async () => {
      const engine = await timed("engine", () => engineOf(context, tell));
      report.engine = engine.pulumi.version;
      const here = await timed("cloud", () =>
        startCloudHere({ ...context, act: engine.act.path, log: (line) => tell(`  ${line}`) }),
      );
      cloud = here;
      tell(`cloud: AWS at ${here.environment.AWS_ENDPOINT_URL!}`);
      const stack = await timed("up", async () => {
        const opened = await openStack(context, engine, here);
        const { resources, smoke } = await up(opened, tell);
        Object.assign(report, { resources, smoke });
        return opened;
      });
      tell(`up: ${report.resources} resources in ${report.seconds.up!} s`);
      const machines = await localMachines(context, here, tell);
      for (const machine of machines) tell(`  ${describeLocalMachine(machine)}`);
      report.machines = machines.map(({ runner, instanceId, bootSeconds, online, inService, labels }) => ({
        runner,
        instanceId,
        bootSeconds,
        online,
        inService,
        labels,
      }));
      report.smoke = await timed("smoke", () => prove(context, here, report.smoke, tell));
      await timed("destroy", async () => {
        await here.setPace(fastPace);
        await destroy(stack, tell);
      });
      report.destroyed = true;
      tell(`destroyed in ${report.seconds.destroy!} s`);
    });
    report.ok =
      report.machines.every(({ online, inService }) => online && inService) &&
      report.smoke.every(
        ({ conclusion, actualRunner, expectedRunner }) =>
          conclusion === "success" && actualRunner === expectedRunner,
      );
  } catch (error) {
    report.error = (error as Error).message;
    tell(report.error);
  } finally {
    await cloud?.stop();
  }
  tell(report.ok ? `all well in ${report.seconds.total} s` : "not all is well");
  return report;
}
