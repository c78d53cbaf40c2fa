import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { checkFile } from "./check-file.ts";
import { targetOf } from "../config/target.ts";
import { loadStackConfiguration, ownPart } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import type { Target } from "../contract/requests.ts";
import { BadUsage } from "./exit-codes.ts";
import { findProject, readProject } from "./project.ts";

/** An environment as its stack file describes it. */
export interface Environment {
  /** The stack's name. */
  name: string;
  configuration: Configuration;
  target: Target;
  /** The project's folder: where Pulumi.yaml is. */
  project: string;
  /** Path of `Pulumi.<stack>.yaml`. */
  stackFile: string;
}

/** The environment that a command line names. */
export interface EnvironmentFlags {
  /** Default: `PULUMI_STACK`. */
  stack?: string;
  /** A folder of the project; default: the current one. */
  cwd?: string;
}

/**
 * Reads the environment that a verb is to work on. It does not use the engine, so
 * that machines can be managed while an `up` is running or fails.
 *
 * @throws BadUsage when no stack is named or the stack has no file; ConfigurationError when its content is wrong
 */
export async function openEnvironment(
  { stack, cwd = "." }: EnvironmentFlags,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Environment> {
  const name = stack ?? variables.PULUMI_STACK;
  if (!name) {
    throw new BadUsage("Which environment? Name its stack with --stack, or in the variable PULUMI_STACK.");
  }
  const project = findProject(resolve(cwd));
  const stackFile = join(project, `Pulumi.${name}.yaml`);
  if (!existsSync(stackFile)) {
    throw new BadUsage(
      `There is no stack file ${stackFile}: --stack takes the name of a stack that has one.`,
    );
  }
  const configuration = await readStackFile(name, stackFile, variables);
  return { name, configuration, target: targetOf(name, configuration), project, stackFile };
}

/** A key without anything below it is null in YAML. */
const stackSchema = z.looseObject({
  config: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((config) => config ?? {}),
});

/**
 * The configuration in a stack file. The file is beside its project's Pulumi.yaml.
 *
 * @throws ConfigurationError with everything that is wrong with it
 */
export async function readStackFile(
  stack: string,
  path: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Configuration> {
  const { config } = checkFile(path, stackSchema, parse(await readFile(path, "utf8")) ?? {});
  const project = readProject(dirname(path)).name;
  return loadStackConfiguration(stack, ownPart(config, project), variables, project);
}
