import { realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { endProcesses, findDescendants } from "../machines/processes.ts";
import { createDiagnostics } from "./diagnostics.ts";
import type { Ending, WorkerMessage } from "./dispatcher.ts";
import type { AcquiredJob } from "./exchange.ts";
import { createCall, runnerAuthorization } from "./exchange.ts";
import { jobResults } from "./exit-codes.ts";
import { createReporter } from "./report.ts";
import { runJob } from "./run-job.ts";
import { loadCredentials, loadSettings } from "./settings.ts";

/* Entry point: bin/Runner.Worker. Runs the one job that the listener sends, and ends with its result. */

/** Seconds after a SIGTERM when the worker leaves, whatever it has still to do (`ExitOnUnloadTimeout`), and its exit code then. */
const unloadSeconds = 30;
const unloadCode = 128 + 15;

writeFileSync("/proc/self/comm", "Runner.Worker"); // Newer Nodes name their main thread after themselves.
const root = dirname(dirname(realpathSync(process.argv[1]!)));
const environment = process.env;
const diagnostics = createDiagnostics({ root, kind: "Worker", environment });
const ended = new AbortController();
const end = (ending: Ending) => {
  ended.abort(ending);
};
const settings = loadSettings(root);
const authorization = runnerAuthorization(loadCredentials(root));

async function work(job: AcquiredJob): Promise<never> {
  diagnostics.trace("Worker", `Message received: job ${job.jobId}`);
  const call = createCall(settings.serverUrl, authorization);
  const reporter = createReporter(call, job.requestId, (reason) => {
    diagnostics.trace("JobServerQueue", reason, "ERR ");
  });
  const result = await runJob({
    ...{ job, environment, diagnostics, reporter },
    runnerName: settings.agentName,
    work: join(root, settings.workFolder),
    ended: ended.signal,
  });
  diagnostics.trace("Worker", `Job completed with result ${result}`);
  process.exit(jobResults[result]);
}

process.on("message", (message: WorkerMessage) => {
  if ("end" in message) {
    end(message.end);
    return;
  }
  work(message.job).catch((error: unknown) => {
    diagnostics.trace("Worker", (error as Error).stack ?? String(error), "ERR ");
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  });
});
// Ctrl-C is the listener's, which tells its worker.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => {
  end("shutdown");
  setTimeout(() => process.exit(unloadCode), unloadSeconds * 1000).unref();
});
// Without its listener a worker cannot be cancelled nor its lock be renewed: it ends, with all that it started.
process.once("disconnect", () => {
  void endProcesses(() => findDescendants(process.pid)).finally(() => process.exit(1));
});
