import type { Command } from "commander";
import type { VerbContext } from "../context.ts";
import type { Environment, EnvironmentFlags } from "../environment.ts";

/** Adds the options that name a verb's environment. */
export function withEnvironment(command: Command): Command {
  return command
    .option("-s, --stack <name>", "the environment's stack (default: PULUMI_STACK)")
    .option("-C, --cwd <folder>", "a folder of the Pulumi project (default: the current one)");
}

/** The environment that the flags of {@link withEnvironment} name. */
export function environmentOf(context: VerbContext, { stack, cwd }: EnvironmentFlags): Promise<Environment> {
  return context.openEnvironment({
    ...(stack !== undefined && { stack }),
    ...(cwd !== undefined && { cwd }),
  });
}
