import { realpathSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { sentenceOf } from "../../contract/failure.ts";
import { readCommandLine } from "./command-line.ts";
import { configure, remove } from "./configure.ts";
import { createDiagnostics } from "./diagnostics.ts";
import { createCall, runnerAuthorization } from "./exchange.ts";
import { exitCodes } from "./exit-codes.ts";
import { listen } from "./listen.ts";
import { defaultPatience, ListenerEnd, VersionRefused } from "./session.ts";
import { isConfigured, loadCredentials, loadSettings, readEnvironmentFile } from "./settings.ts";

/*
 * Entry point: bin/Runner.Listener. It ends with one of the real runner's exit
 * codes.
 */

/** Defined when the program is bundled. */
declare const RUNNER_VERSION: string;

writeFileSync("/proc/self/comm", "Runner.Listener"); // Newer versions of Node give their main thread a name of its own.
const root = dirname(dirname(realpathSync(process.argv[1]!)));
Object.assign(process.env, readEnvironmentFile(root));
const commandLine = readCommandLine(process.argv.slice(2), process.env);
const environment = process.env;
const diagnostics = createDiagnostics({ root, kind: "Runner", environment });
/** The abort's reason is the exit code. */
const shutdown = new AbortController();

async function main(): Promise<number> {
  const context = { root, version: RUNNER_VERSION, commandLine, diagnostics };
  switch (commandLine.command) {
    case "configure":
      return configure(context);
    case "remove":
      return remove(context);
    case "--version":
      process.stdout.write(`${RUNNER_VERSION}\n`);
      return exitCodes.done;
    case "run":
      break;
    default:
      diagnostics.fail(
        `This command does not recognize the command-line input arguments: '${commandLine.command}'.`,
      );
      return exitCodes.done;
  }
  if (!isConfigured(root)) {
    diagnostics.fail("Runner is not configured.");
    return exitCodes.terminated;
  }
  process.on("SIGINT", () => {
    diagnostics.line("Exiting...");
    shutdown.abort(exitCodes.done);
  });
  process.on("SIGTERM", () => {
    shutdown.abort(exitCodes.sigterm);
  });
  const settings = loadSettings(root);
  const retrySeconds = Number(environment.LONGHAUL_RUNNER_RETRY_SECONDS ?? defaultPatience.retrySeconds);
  return listen({
    ...{ root, settings, diagnostics, environment },
    version: RUNNER_VERSION,
    call: createCall(settings.serverUrl, runnerAuthorization(loadCredentials(root))),
    patience: { ...defaultPatience, retrySeconds },
    shutdown: shutdown.signal,
  });
}

diagnostics.perf("RunnerProcessStarted");
diagnostics.trace("Listener", `Version: ${RUNNER_VERSION}`);
main()
  .catch((error: unknown) => {
    if (error instanceof VersionRefused) diagnostics.fail(`An error occurred: ${error.message}`);
    if (error instanceof ListenerEnd) return error.exitCode;
    if (shutdown.signal.aborted) return Number(shutdown.signal.reason);
    const words = sentenceOf(error, (trace) => {
      diagnostics.trace("Listener", trace, "ERR ");
    });
    diagnostics.fail(`An error occurred: ${words}`);
    return exitCodes.retryable;
  })
  .then(
    (code) => {
      diagnostics.trace("Runner", `Runner execution has finished with return code ${code}`);
      process.exit(code);
    },
    (error: unknown) => {
      throw error;
    },
  );
