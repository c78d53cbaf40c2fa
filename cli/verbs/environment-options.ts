import type { Command } from "commander";
import type { VerbContext } from "../context.ts";
import type { Environment, EnvironmentFlags } from "../environment.ts";

/** Adds the options by which a verb is told its environment. */
export function withEnvironment(command: Command): Command {
  return command
    .option("-s, --stack <name>", "the environment's stack (default: PULUMI_STACK)")
    .option("-C, --cwd <folder>", "a folder of the Pulumi project (default: the present one)");
}

/** The environment that the flags of {@link withEnvironment} name. */
export function environmentOf(context: VerbContext, { stack, cwd }: EnvironmentFlags): Promise<Environment> {
  return context.openEnvironment({
    ...(stack !== undefined && { stack }),
    ...(cwd !== undefined && { cwd }),
  });
}
