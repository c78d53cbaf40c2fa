import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EC2Client } from "@aws-sdk/client-ec2";
import type { PreviewResult, PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { parse, stringify } from "yaml";
import ourProgram from "../index.ts";
import { startCloud } from "../local/cloud.ts";
import type { CloudOptions, LocalCloud } from "../local/cloud.ts";
import { processesOf } from "../local/machines/marker.ts";
import { enterCloudEnvironment } from "../local/own-credentials.ts";
import { findTools } from "./find-tools.ts";
import { environmentPatienceMs } from "./patience.ts";
import { withShortStacks } from "./short-stacks.ts";
import { configureLocalStack, openLocalStack, stackFile } from "../local/engine/local-stack.ts";
import type { LocalStack, Update } from "../local/engine/operations.ts";

const run = promisify(execFile);
const project = join(import.meta.dirname, "..");

/** A stack file's `config`, with the keys' `longhaul:` prefix. */
export type StackValues = Record<string, unknown>;

/** The whole environment `local` in this process: real engine, emulated clouds, real machines' processes. */
export interface TestEnvironment {
  cloud: LocalCloud;
  stack: LocalStack;
  /** A client with the operator's key. */
  ec2: EC2Client;
  /** Runs a system command on a machine, as root there would: `shutdown -h now`. */
  onMachine(instanceId: string, command: string, ...words: string[]): Promise<void>;
  /** Output of the last engine operation, for messages. */
  lastOutput(): string;
  /** Sets the configuration: that of Pulumi.local.yaml after `change`. */
  configure(change?: (values: StackValues) => void): Promise<void>;
  up(options?: { refresh?: boolean }): Promise<Update>;
  preview(): Promise<PreviewResult>;
  destroy(): Promise<void>;
  close(): Promise<void>;
}

export async function startEnvironment({
  program = ourProgram,
  ...options
}: Pick<CloudOptions, "agent" | "wire" | "systemd" | "diskBytes"> & {
  /** Another program than the project's own. */
  program?: PulumiFn;
} = {}): Promise<TestEnvironment> {
  const dir = await mkdtemp(join(tmpdir(), "longhaul-test-"));
  const base = { PATH: process.env.PATH ?? "", HOME: homedir() };
  const engine = await findTools();
  const cloud = await startCloud({ dir, project, act: engine.act.path, base, ...options });
  // The program and its providers' clients read the process's environment, as they do in a shell.
  enterCloudEnvironment(process.env, cloud.environment);
  const configuration = join(project, stackFile);
  const { environment } = cloud;
  const stack = await openLocalStack({
    engine,
    dir,
    project,
    configuration,
    environment,
    main: join(project, "index.ts"),
    program: () => withShortStacks(program),
  });
  const ec2 = new EC2Client({ region: cloud.environment.AWS_REGION!, endpoint: cloud.urls.aws });
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  const fresh = () => {
    output = "";
    return { onOutput, onError: onOutput };
  };
  return {
    cloud,
    stack,
    ec2,
    onMachine: async (instanceId, command, ...words) => {
      const root = join(await realpath(dir), "machines", instanceId);
      const env = { PATH: base.PATH, LONGHAUL_ROOT: root };
      // A machine that has a disk with a size sees more mounts than this process does.
      const inside =
        options.diskBytes === undefined ? [] : ["nsenter", "--mount", "--target", `${processesOf(root)[0]}`];
      const [program, ...parameters] = [
        ...inside,
        join(project, "local/machines/commands", command),
        ...words,
      ];
      await run(program!, parameters, { env, timeout: 20_000 });
    },
    lastOutput: () => output,
    configure: async (change) => {
      const file = parse(await readFile(configuration, "utf8")) as {
        config: StackValues;
      };
      change?.(file.config);
      await configureLocalStack(dir, stringify(file));
    },
    up: (options) => stack.up({ ...fresh(), ...options }),
    preview: () => stack.preview(fresh()),
    destroy: () => stack.destroy(fresh()),
    close: async () => {
      ec2.destroy();
      await cloud.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Waits until a condition holds, and checks it at intervals. After the limit it
 * fails with the name of the condition.
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = environmentPatienceMs,
  everyMs = 25,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
