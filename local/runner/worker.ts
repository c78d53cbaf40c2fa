import { realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sentenceOf } from "../../contract/failure.ts";
import { createDiagnostics } from "./diagnostics.ts";
import type { Ending, WorkerMessage } from "./worker-process.ts";
import type { AcquiredJob } from "./exchange.ts";
import { createCall, runnerAuthorization } from "./exchange.ts";
import { exitCodes, jobResults } from "./exit-codes.ts";
import { createReporter } from "./report.ts";
import { runJob } from "./run-job.ts";
import { loadCredentials, loadSettings } from "./settings.ts";
import { stepOutput } from "./step-output.ts";

/*
 * Entry point: bin/Runner.Worker. It runs the one job that the listener sends,
 * and ends with the job's result.
 */

/** Seconds after a SIGTERM until the worker exits, even if it has not finished (`ExitOnUnloadTimeout`). */
const unloadLimitSeconds = 30;
/**
 * Seconds of the machine's time that a job takes to end when its runner is shut
 * down, as observed of the real one. The worker reports the end to GitHub after
 * five eighths of them.
 */
const defaultUnloadSeconds = 13.5;

/**
 * Interval between two readings of the clock, in milliseconds of the computer:
 * the clock's pace may change meanwhile.
 */
const lookMs = 50;

writeFileSync("/proc/self/comm", "Runner.Worker"); // Newer versions of Node give their main thread a name of its own.
const root = dirname(dirname(realpathSync(process.argv[1]!)));
const environment = process.env;
const unloadMs = Number(environment.LONGHAUL_RUNNER_UNLOAD_SECONDS ?? defaultUnloadSeconds) * 1000;
const diagnostics = createDiagnostics({ root, kind: "Worker", environment });
const ended = new AbortController();
let shutdownAt: number | undefined;
let terminated = false;
const end = (ending: Ending) => {
  if (ending === "shutdown") shutdownAt ??= Date.now();
  ended.abort(ending);
};
const settings = loadSettings(root);
const authorization = runnerAuthorization(loadCredentials(root));

async function work(job: AcquiredJob): Promise<number> {
  diagnostics.trace("JobRunner", `Job ID ${job.jobGuid}`);
  const call = createCall(settings.serverUrl, authorization);
  const reporter = createReporter(
    call,
    job,
    diagnostics,
    stepOutput(root, job.jobGuid, environment.LONGHAUL_RUNNER_STORAGE === "blocked"),
  );
  const result = await runJob({
    ...{ job, environment, diagnostics, reporter },
    runnerName: settings.agentName,
    work: join(root, settings.workFolder),
    ended: ended.signal,
    stepsEnded: async () => {
      if (shutdownAt !== undefined) await untilMoment(shutdownAt + (unloadMs * 5) / 8);
    },
  }).finally(() => {
    diagnostics.trace("Worker", "Job completed.");
  });
  if (shutdownAt !== undefined) await untilMoment(shutdownAt + unloadMs);
  return terminated ? exitCodes.sigterm : jobResults[result];
}

process.on("message", (message: WorkerMessage) => {
  if ("end" in message) {
    end(message.end);
    return;
  }
  work(message.job).then(
    (code) => process.exit(code),
    (error: unknown) => {
      const words = sentenceOf(error, (trace) => {
        diagnostics.trace("Worker", trace, "ERR ");
      });
      process.stderr.write(`${words}\n`);
      process.exit(1);
    },
  );
});
// Ctrl-C is for the listener, which ends its worker.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => {
  terminated = true;
  end("shutdown");
  setTimeout(() => process.exit(exitCodes.sigterm), unloadLimitSeconds * 1000).unref();
});
// If the listener has died, its worker continues to the end of the job, although nothing reads its output.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

/**
 * Waits for a moment of the machine's clock, which may run faster than the
 * computer's.
 *
 * @param moment as of `Date.now()`
 */
async function untilMoment(moment: number): Promise<void> {
  while (Date.now() < moment) await delay(Math.min(lookMs, moment - Date.now()));
}
