import type { Command } from "commander";
import type { Target } from "../contract/requests.ts";
import type { Aws } from "./clients/aws.ts";
import type { Github, GithubTarget } from "./clients/github.ts";
import type { Clock } from "./clock.ts";
import type { Engine, EngineOptions } from "./engine/engine.ts";
import type { Environment, EnvironmentFlags } from "./environment.ts";
import { BadUsage } from "./exit-codes.ts";
import type { Interruption } from "./interruption.ts";
import type { Output } from "./terminal/output.ts";

/** Everything outside of itself that a verb works with. */
export interface VerbContext {
  /** Value of the variable `LONGHAUL_REQUEST`. */
  request: string | undefined;
  clock: Clock;
  output: Output;
  /** True in CI, where the checkout is deleted after the run. */
  isCi: boolean;
  /** @throws BadUsage when no stack is named; ConfigurationError when its stack file is wrong */
  openEnvironment(flags: EnvironmentFlags): Promise<Environment>;
  /**
   * Asks the person at the terminal; true only for an explicit yes.
   *
   * @throws BadUsage where there is no terminal to ask at
   */
  confirm(question: string): Promise<boolean>;
  /** @throws Error when the credentials are missing or of another account */
  connectAws(target: Target): Promise<Aws>;
  /** @returns undefined when there are no GitHub credentials in the environment */
  connectGithub(target: GithubTarget): Promise<Github | undefined>;
  /**
   * Opens the environment's stack.
   *
   * @throws Error when there is no engine or no such stack
   */
  openEngine(environment: Environment, options: EngineOptions): Promise<Engine>;
  /** From now on Ctrl-C is noted, and does not end the process. */
  watchInterruption(): Interruption;
  /** The command `local`, which works with the process itself. */
  loadLocal(): Promise<Command>;
}

/** @throws BadUsage when there are no GitHub credentials */
export async function requireGithub(context: VerbContext, target: GithubTarget): Promise<Github> {
  const github = await context.connectGithub(target);
  if (github) return github;
  throw new BadUsage(
    "There are no GitHub credentials in the environment: set GITHUB_TOKEN (or GH_TOKEN), " +
      "or GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PEM_FILE.",
  );
}
