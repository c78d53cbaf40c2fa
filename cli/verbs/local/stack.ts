import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UpOptions } from "@pulumi/pulumi/automation/index.js";
import { clearDeadLocks, enterCloudEnvironment, openLocalStack, stackFile } from "longhaul-local";
import type { CloudHandle, Engine, LocalStack, Update } from "longhaul-local";
import { targetOf } from "../../../config/target.ts";
import { localEnvironment } from "../../../contract/local-cloud.ts";
import type { Configuration } from "../../../config/schema.ts";
import { Failure } from "../../../contract/failure.ts";
import type { SmokeRun, Target } from "../../../contract/requests.ts";
import { readSmokeRuns } from "../../../contract/requests.ts";
import { brieflyDescribe } from "../../../observe/describe-machine.ts";
import { observeMachines } from "../../../observe/observe-machines.ts";
import { connectAws } from "../../clients/aws.ts";
import { OperationFailed, runOperation } from "../../engine/operation.ts";
import type { EngineEars } from "../../engine/operation.ts";
import { createUnderWay } from "../../engine/under-way.ts";
import { readStackFile } from "../../environment.ts";
import type { LocalContext } from "./context.ts";
import { throughInterruption } from "./interrupt.ts";
import type { ProgressLines } from "./progress-lines.ts";

/** The result of an `up`. */
export interface UpReport {
  resources: number;
  changed: boolean;
  /** The smoke runs in the program's output `smoke`; empty if it has no such output. */
  smoke: readonly SmokeRun[];
}

/**
 * Makes this process work on the cloud, as `local env` does with a shell: the
 * program, its providers and the AWS client then use this cloud and no other.
 */
export function enterCloud(cloud: CloudHandle): void {
  enterCloudEnvironment(process.env, cloud.environment);
}

/**
 * Opens the environment `local` on the engine. The program runs in this process.
 * The lock of an engine that was killed is removed first.
 *
 * @param configuration the stack file to use; absent: the one that the stack has already
 */
export async function openStack(
  { dir, project, program }: LocalContext,
  engine: Engine,
  cloud: CloudHandle,
  tell: ProgressLines,
  configuration?: string,
): Promise<LocalStack> {
  enterCloud(cloud);
  await clearDeadLocks(dir);
  return tell.waiting({ what: "the engine to open the stack" }, () =>
    openLocalStack({
      engine,
      dir,
      project,
      ...(configuration !== undefined && { configuration }),
      environment: cloud.environment,
      main: program,
    }),
  );
}

/**
 * Runs `up` and prints its progress.
 *
 * @throws Failure with the engine's reason; Interrupted
 */
export async function up(
  context: LocalContext,
  cloud: CloudHandle,
  stack: LocalStack,
  tell: ProgressLines,
): Promise<UpReport> {
  return reportOf(await operate("up", context, cloud, tell, (options) => stack.up(options)));
}

/** @throws Failure with the engine's reason; Interrupted */
export async function destroy(
  context: LocalContext,
  cloud: CloudHandle,
  stack: LocalStack,
  tell: ProgressLines,
): Promise<void> {
  await operate("destroy", context, cloud, tell, (options) => stack.destroy(options));
}

/** The engine's output of the last operation that failed. */
const engineLogFile = "engine.log";

async function operate<Result>(
  what: "up" | "destroy",
  { dir }: LocalContext,
  cloud: CloudHandle,
  tell: ProgressLines,
  run: (options: EngineEars & Pick<UpOptions, "signal">) => Promise<Result>,
): Promise<Result> {
  const underWay = createUnderWay();
  const onAsked = () => {
    tell("the engine finishes what it has begun");
  };
  try {
    return await tell.waiting({ what: underWay.words, first: () => livingMachines({ dir }, cloud) }, () =>
      throughInterruption(
        (signal) => runOperation((ears) => run({ ...ears, signal }), tell, underWay.see),
        onAsked,
      ),
    );
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
    const log = join(dir, engineLogFile);
    await writeFile(log, error.output);
    throw new Failure(
      `${what} failed:\n${error.message}\nThe engine's whole output is in ${log}. ` +
        "If an engine was killed before, there may be resources that are not in its state: npx longhaul local down removes everything.",
      { cause: error },
    );
  }
}

function reportOf({ changes, outputs }: Update): UpReport {
  const { same = 0, ...others } = changes;
  const { create = 0, update = 0 } = others;
  return {
    resources: same + create + update,
    changed: Object.keys(others).length > 0,
    smoke: readSmokeRuns(outputs.smoke),
  };
}

/** The environment that the operator's command works on, by the copy of the configuration that the stack uses. */
export async function localTarget({ dir }: Pick<LocalContext, "dir">, cloud: CloudHandle): Promise<Target> {
  return targetOf(localEnvironment, await localConfiguration({ dir }, cloud));
}

/** The machines that EC2 describes as not terminated. When the engine waits for long, it usually waits for these. */
async function livingMachines(context: Pick<LocalContext, "dir">, cloud: CloudHandle): Promise<string> {
  const target = await localTarget(context, cloud);
  const { instances } = await connectAws(target);
  const machines = await observeMachines({ ec2: instances }, { environment: target.environment });
  return machines
    .filter(({ instanceState }) => instanceState !== "terminated")
    .map(brieflyDescribe)
    .join(", ");
}

/** The configuration that the stack uses, with the cloud's addresses. */
export function localConfiguration(
  { dir }: Pick<LocalContext, "dir">,
  cloud: CloudHandle,
): Promise<Configuration> {
  return readStackFile(localEnvironment, join(dir, "project", stackFile), cloud.environment);
}
