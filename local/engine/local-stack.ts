import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PulumiCommand, PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import { localEnvironment } from "../../contract/local-cloud.ts";
import { checkShape } from "../../contract/shape.ts";
import type { EngineTools } from "./find-engine.ts";
import { loadProgram } from "./load-program.ts";
import { localStack } from "./operations.ts";
import type { LocalStack } from "./operations.ts";
import { withoutSourceMaps } from "./source-maps.ts";

/**
 * Import the module only when it is used: that takes most of a second, and most
 * verbs of `longhaul local` do not need it.
 */
const automation = () => import("@pulumi/pulumi/automation/index.js");

/** The name of the stack, and therefore of the environment. */
export const localStackName = localEnvironment;
/** The stack's configuration, in the project's folder. */
export const stackFile = `Pulumi.${localStackName}.yaml`;

export interface LocalStackOptions {
  engine: EngineTools;
  /** The cloud's folder; the stack's project folder and state are in it. */
  dir: string;
  /** Root of the project, where Pulumi.yaml is. */
  project: string;
  /**
   * The stack file to use, in the form of Pulumi.local.yaml. Absent: the file
   * that the stack was given before.
   */
  configuration?: string;
  /** What the engine and the program's providers need to reach this cloud. */
  environment: Record<string, string>;
  /** The file of the program, which may be TypeScript. */
  main: string;
  /** The program, if it is loaded already. */
  program?: PulumiFn;
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

/** In the cloud's folder: the path of the program, for a later command that brings the environment up again. */
const mainFile = "main";

/**
 * The environment `local` as the Automation API sees it: the program runs in
 * this process, against the real engine. The project folder is a copy, so that
 * two clouds, or a changed configuration, do not affect each other.
 */
export async function openLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const workDir = join(options.dir, "project");
  await mkdir(workDir, { recursive: true });
  await mkdir(join(options.dir, "state"), { recursive: true });
  const settings = await readFile(join(options.project, "Pulumi.yaml"), "utf8");
  // The program runs in this process: the engine must not look for its file.
  await writeFile(join(workDir, "Pulumi.yaml"), settings.replace(/^main:.*\n/m, ""));
  await writeFile(join(options.dir, mainFile), options.main);
  if (options.configuration !== undefined)
    await configureLocalStack(options.dir, await readFile(options.configuration, "utf8"));
  const { LocalWorkspace } = await automation();
  const stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: localStackName,
      projectName: projectNameIn(settings),
      program: options.program ? withoutSourceMaps(options.program) : programOf(options.main),
    },
    {
      workDir,
      pulumiCommand: await commandOf(options.engine),
      pulumiHome: join(options.dir, "pulumi-home"),
      envVars: options.environment,
    },
  );
  return localStack(stack);
}

/** Load the program only when it is called: to destroy an environment, the engine calls no program. */
function programOf(main: string): PulumiFn {
  return async () => withoutSourceMaps(await loadProgram(main))();
}

/**
 * Opens an environment `local` that exists: its project folder and its state
 * are there, and the process's own variables name the cloud.
 *
 * @param project the stack's own project folder, `<cloud>/project`
 */
export async function openStandingStack(project: string, engine: EngineTools): Promise<LocalStack> {
  const main = await readFile(join(dirname(project), mainFile), "utf8");
  const settings = await readFile(join(project, "Pulumi.yaml"), "utf8");
  const { LocalWorkspace } = await automation();
  const stack = await LocalWorkspace.selectStack(
    { stackName: localStackName, projectName: projectNameIn(settings), program: programOf(main) },
    { workDir: project, pulumiCommand: await commandOf(engine) },
  );
  return localStack(stack);
}

/**
 * The project's name in a Pulumi.yaml.
 *
 * @throws Failure if it has none
 */
export function projectNameIn(settings: string): string {
  const { name } = checkShape<{ name: string }>(
    parse(settings),
    { name: "text" },
    { subject: "Pulumi.yaml", remedy: "Give the project a name there." },
  );
  return name;
}

/**
 * Gives the stack another configuration, which the next `up` reads.
 *
 * @param text a stack file in the form of Pulumi.local.yaml, with its
 * encryption salt
 */
export async function configureLocalStack(dir: string, text: string): Promise<void> {
  await writeFile(join(dir, "project", stackFile), text);
}

/** The engine in the form that the Automation API takes. */
export async function commandOf({ pulumi }: EngineTools): Promise<PulumiCommand> {
  const { PulumiCommand } = await automation();
  if (pulumi.source === "PATH") return PulumiCommand.get();
  return PulumiCommand.get({ root: dirname(dirname(pulumi.path)) });
}
