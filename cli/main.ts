import { readFile } from "node:fs/promises";
import { messageOf } from "../contract/failure.ts";
import { requestVariable } from "../contract/requests.ts";
import { systemClock } from "./clock.ts";
import type { VerbContext } from "./context.ts";
import { confirmAt } from "./terminal/confirm.ts";
import type { UpdatableStack } from "./engine/stack-engine.ts";
import type { Environment } from "./environment.ts";
import { watchInterruption } from "./interruption.ts";
import { createOutput } from "./terminal/output.ts";
import { BadUsage } from "./exit-codes.ts";
import { run } from "./program.ts";
import { runsInCi } from "./runs-in-ci.ts";

/*
 * The operator's command. This is the one place that looks at the process:
 * its environment and streams. (The AWS SDK finds its credentials in the
 * environment by itself.)
 */

// The SDK is pinned, and this Node is supported on purpose: its warning would be in every output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// A reader that stops reading (`| head`) ends the command without a message. Errors of a closed terminal (EIO) are
// ignored, because a message about them would fail in the same way, again and again.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EIO") return;
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

// https://no-color.org: set to anything but nothing.
const colours = !process.env.NO_COLOR;
const output = createOutput(process.stdout, process.stderr, systemClock.now, colours);

const context: VerbContext = {
  request: process.env[requestVariable],
  clock: systemClock,
  output,
  isCi: runsInCi(),
  openEnvironment: async (flags) => (await import("./environment.ts")).openEnvironment(flags, process.env),
  confirm: confirmAt(process.stdin, process.stderr),
  connectAws: async (target) => (await import("./clients/aws.ts")).connectAws(target),
  connectGithub: async (target) => {
    const { readGithubCredentials } = await import("./clients/github-credentials.ts");
    const credentials = await readGithubCredentials(process.env, (path) => readFile(path, "utf8"));
    if (!credentials) return undefined;
    const { connectGithub } = await import("./clients/github.ts");
    return connectGithub(target, credentials, { say: output.say });
  },
  openEngine: async (environment, options) => {
    const { stackEngine } = await import("./engine/stack-engine.ts");
    return stackEngine(await openStack(environment, options.say), options);
  },
  watchInterruption: () => watchInterruption(process),
  loadLocal: async () => {
    const { localCommand } = await installed(() => import("./verbs/local/index.ts"));
    return localCommand(process.env, process.argv[1]!);
  },
};

/** On the local cloud the program runs in this process, because the engine that is built for it cannot run programs. */
async function openStack(environment: Environment, say: (line: string) => void): Promise<UpdatableStack> {
  const { localEnvironment } = await import("../contract/local-cloud.ts");
  if (environment.name === localEnvironment) {
    const { openStandingStack } = await installed(() => import("./verbs/local/standing-stack.ts"));
    return openStandingStack(environment, process.env, say);
  }
  return (await import("./engine/project-stack.ts")).openProjectStack(environment);
}

/**
 * Loads what works on the local cloud, which is a package of its own.
 *
 * @throws BadUsage when that is not installed
 */
async function installed<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !messageOf(error).includes("'longhaul-local'")) throw error;
    throw new BadUsage(
      "The local cloud is a package of its own, which is not installed here: npm install --save-dev longhaul-local",
      {
        cause: error,
      },
    );
  }
}

/** Runs one command line in this process, and sets its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const code = await run(args, context);
  // `local` may have set an exit code itself.
  if (code !== 0) process.exitCode = code;
}
