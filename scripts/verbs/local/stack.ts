import { join } from "node:path";
import type { Stack, UpResult } from "@pulumi/pulumi/automation/index.js";
import { targetOf } from "../../../components/target.ts";
import { localEnvironment } from "../../../config/local.ts";
import type { SmokeRun, Target } from "../../../contract/requests.ts";
import type { Engine } from "../../../local/engine/find-engine.ts";
import { openLocalStack, stackFile } from "../../../local/engine/local-stack.ts";
import { readStackFile } from "../../environment.ts";
import type { CloudHandle } from "./cloud-handle.ts";
import type { LocalContext } from "./context.ts";
import type { Teller } from "./tell.ts";
import { tellEngineEvent } from "../../engine/tell-engine.ts";

/** A machine that the program declares, as the stack's outputs name it. */
export interface DeclaredOutput {
  runner: string;
  instanceId: string;
  /** What it is called at GitHub. */
  name: string;
}

/** What one `up` came to. */
export interface UpReport {
  resources: number;
  changed: boolean;
  machines: DeclaredOutput[];
  smoke: SmokeRun[];
}

/**
 * Makes this process one that works on the cloud, as a shell is after
 * `local env`: the program, its providers and the AWS client look there.
 */
export function enterCloud(cloud: CloudHandle): void {
  Object.assign(process.env, cloud.environment);
}

/**
 * The environment `local` on the engine: the project's own program, in this
 * process.
 *
 * @param configuration the stack file to take; absent: what the stack was given before
 */
export async function openStack(
  { dir, project }: LocalContext,
  engine: Engine,
  cloud: CloudHandle,
  configuration?: string,
): Promise<Stack> {
  enterCloud(cloud);
  // The program is read while the engine opens its state: each takes most of a second.
  const program = import("../../../index.ts");
  return openLocalStack({
    engine,
    dir,
    project,
    ...(configuration !== undefined && { configuration }),
    environment: cloud.environment,
    program: async () => (await program).default(),
  });
}

/**
 * Runs `up`, telling what happens.
 *
 * @throws with the engine's own words when it fails
 */
export async function up(stack: Stack, tell: Teller): Promise<UpReport> {
  let output = "";
  const collect = (text: string) => {
    output += text;
  };
  const result = await stack
    .up({ onEvent: eventTeller(tell), onOutput: collect, onError: collect })
    .catch((error: unknown) => {
      throw new Error(`up failed:\n${output.trim()}`, { cause: error });
    });
  return reportOf(result);
}

export async function destroy(stack: Stack, tell: Teller): Promise<void> {
  let output = "";
  const collect = (text: string) => {
    output += text;
  };
  await stack
    .destroy({ onEvent: eventTeller(tell), onOutput: collect, onError: collect })
    .catch((error: unknown) => {
      throw new Error(`destroy failed:\n${output.trim()}`, { cause: error });
    });
}

function eventTeller(tell: Teller) {
  return (event: Parameters<typeof tellEngineEvent>[0]) => {
    const line = tellEngineEvent(event);
    if (line) tell(line);
  };
}

function reportOf({ summary, outputs }: UpResult): UpReport {
  const { same = 0, ...others } = summary.resourceChanges ?? {};
  const { create = 0, update = 0 } = others as Record<string, number | undefined>;
  return {
    resources: same + create + update,
    changed: Object.keys(others).length > 0,
    machines: outputs.machines!.value as DeclaredOutput[],
    smoke: outputs.smoke!.value as SmokeRun[],
  };
}

/** Which environment the operator's command looks at; its configuration is the copy that the stack uses. */
export async function localTarget({ dir }: LocalContext, cloud: CloudHandle): Promise<Target> {
  const file = join(dir, "project", stackFile);
  return targetOf(localEnvironment, await readStackFile(localEnvironment, file, cloud.environment));
}
