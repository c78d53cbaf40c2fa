import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Engine } from "./find-engine.ts";

/** The name of the stack, and so of the environment. */
export const localStackName = "local";

export interface LocalStackOptions {
  engine: Engine;
  /** The cloud's folder: the stack has its own project folder and state in it. */
  dir: string;
  /** Root of the project, where Pulumi.local.yaml is. */
  project: string;
  /** Text of the stack's configuration file, where another than the project's is wanted. */
  configuration?: string;
  /** What the engine and the program's providers need to reach this cloud. */
  environment: Record<string, string>;
  program: PulumiFn;
}

/** Variables by which an engine finds the local state and the emulated providers. */
export function engineVariables(dir: string, ports: { aws: number; github: number; command: number }) {
  return {
    PULUMI_HOME: join(dir, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: Object.entries(ports)
      .map(([name, port]) => `${name}:${port}`)
      .join(","),
  };
}

/**
 * The environment `local` as the Automation API sees it: the project's own
 * program runs in this process, against the real engine. The project folder is
 * a copy, because the engine writes an encryption salt into the stack's file.
 */
export async function openLocalStack(options: LocalStackOptions): Promise<Stack> {
  const workDir = join(options.dir, "project");
  await mkdir(workDir, { recursive: true });
  await mkdir(join(options.dir, "state"), { recursive: true });
  await writeFile(join(workDir, "Pulumi.yaml"), await readFile(join(options.project, "Pulumi.yaml"), "utf8"));
  await writeStackFile(options, workDir);
  return LocalWorkspace.createOrSelectStack(
    { stackName: localStackName, projectName: "longhaul", program: options.program },
    {
      workDir,
      pulumiCommand: await commandOf(options.engine),
      pulumiHome: join(options.dir, "pulumi-home"),
      envVars: options.environment,
    },
  );
}

/** The configuration of the project, with the salt of the copy where the engine has written one. */
async function writeStackFile({ configuration, project }: LocalStackOptions, workDir: string): Promise<void> {
  const file = `Pulumi.${localStackName}.yaml`;
  const text = configuration ?? (await readFile(join(project, file), "utf8"));
  const before = await readFile(join(workDir, file), "utf8").catch(() => "");
  const salt = /^encryptionsalt:.*$/m.exec(before)?.[0];
  await writeFile(join(workDir, file), salt ? `${salt}\n${text}` : text);
}

async function commandOf({ pulumi }: Engine): Promise<PulumiCommand> {
  if (pulumi.source === "PATH") return PulumiCommand.get();
  return PulumiCommand.get({ root: dirname(dirname(pulumi.path)) });
}
