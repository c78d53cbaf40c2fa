import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Diagnostics } from "./diagnostics.ts";
import { stamp } from "./diagnostics.ts";
import type { AcquiredJob, Call } from "./exchange.ts";
import type { JobResult } from "./exit-codes.ts";
import { jobResults } from "./exit-codes.ts";
import { keepLock } from "./lock.ts";

/**
 * Why a job ends before its time: GitHub has cancelled it (or its lock is lost), or the runner itself is shut down. The
 * reason of the abort signals here.
 */
export type Ending = "cancel" | "shutdown";

/** What the listener tells its worker. */
export type WorkerMessage = { job: AcquiredJob } | { end: Ending };

/** Seconds that a cancelled worker may take before it is killed, as the real one's five minutes less fifteen seconds. */
const cancelSeconds = 285;

/** Runs one job at a time in a worker process. */
export interface Dispatcher {
  readonly busy: boolean;
  run(job: AcquiredJob): void;
  cancel(requestId: string): void;
  /** Ends what runs and waits for it. */
  shutdown(ending: Ending): Promise<void>;
  /** Waits for the end of what runs. */
  idle(): Promise<void>;
}

export interface DispatcherContext {
  root: string;
  call: Call;
  diagnostics: Diagnostics;
  environment: NodeJS.ProcessEnv;
  /** Called when `busy` has changed. */
  onStatus: () => void;
}

export function createDispatcher({
  root,
  call,
  diagnostics,
  environment,
  onStatus,
}: DispatcherContext): Dispatcher {
  let current: { job: AcquiredJob; cancelled: AbortController; ended: Promise<void> } | undefined;
  const trace = (message: string) => {
    diagnostics.trace("JobDispatcher", message);
  };

  const execute = async (job: AcquiredJob, cancelled: AbortSignal): Promise<void> => {
    diagnostics.line(`${stamp(new Date())}: Running job: ${job.jobName}`);
    trace(`Start renew job request ${job.requestId} for job ${job.jobId}.`);
    const lock = keepLock(job, call, diagnostics);
    const aborted = new Promise<void>((resolve) => {
      cancelled.addEventListener("abort", () => {
        resolve();
      });
    });
    const ours = await Promise.race([lock.first, aborted.then(() => "cancelled" as const)]);
    if (ours === false) {
      trace(
        `Unable to renew job request for job ${job.jobId} for the first time, stop dispatching job to worker.`,
      );
      return;
    }
    if (ours === "cancelled") {
      lock.release();
      await complete(job, "cancelled");
      return;
    }
    diagnostics.perf(`JobRequestRenewed_${job.requestId}`);
    const worker = startWorker(job);
    const first = await Promise.race([
      worker.ended.then(() => "ended" as const),
      lock.lost.then(() => "Abandoned" as const),
      aborted.then(() => "Canceled" as const),
    ]);
    if (first !== "ended") {
      trace(`Send job cancellation message to worker for job ${job.jobId}.`);
      if (worker.child.connected) worker.child.send({ end: endingOf(cancelled) } satisfies WorkerMessage);
    }
    const killer = setTimeout(() => worker.child.kill("SIGKILL"), cancelSeconds * 1000);
    const code = await worker.ended;
    clearTimeout(killer);
    const result = first === "ended" ? resultOf(code) : first;
    trace(`Worker finished for job ${job.jobId}. Code: ${code}`);
    trace(`finish job request for job ${job.jobId} with result: ${result ?? "Failed"}`);
    diagnostics.line(`${stamp(new Date())}: Job ${job.jobName} completed with result: ${result ?? "Failed"}`);
    lock.release();
    if (result === undefined) {
      trace("Mark the job as failed since the worker crashed");
      await complete(job, "failed");
    }
  };

  const startWorker = (job: AcquiredJob): { child: ChildProcess; ended: Promise<number> } => {
    diagnostics.perf("StartingWorkerProcess");
    const child = spawn(join(root, "bin/Runner.Worker"), ["spawnclient"], {
      cwd: join(root, "bin"),
      env: environment,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on("line", (line) => process.stdout.write(`${line}\n`));
    }
    trace(`Send job request message to worker for job ${job.jobId}.`);
    diagnostics.perf(`RunnerSendingJobToWorker_${job.jobId}`);
    child.send({ job } satisfies WorkerMessage);
    diagnostics.perf(`SentJobToWorker_${job.requestId}`);
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", reject).once("exit", (code) => {
        resolve(code ?? -1);
      });
    });
    return { child, ended };
  };

  /** Ends a job at GitHub that has no worker to do so. */
  const complete = async (job: AcquiredJob, result: "cancelled" | "failed") => {
    await call("POST", `/jobs/${job.requestId}/complete`, { body: { result, outputs: {} } });
  };

  const status = (state: "Busy" | "Online") => {
    diagnostics.trace("BrokerMessageListener", `Received job status event. JobState: ${state}`);
    onStatus();
  };

  return {
    get busy() {
      return current !== undefined;
    },
    run(job) {
      trace(`Job request ${job.requestId} for plan ${job.runId} job ${job.jobId} received.`);
      const cancelled = new AbortController();
      // One tick later, so that the new state is told before the job is announced.
      const ended = Promise.resolve()
        .then(() => execute(job, cancelled.signal))
        .catch((error: unknown) => {
          const reason = (error as Error).message;
          trace(`Worker Dispatch failed with an exception for job request ${job.jobId}. ${reason}`);
        })
        .finally(() => {
          current = undefined;
          status("Online");
        });
      current = { job, cancelled, ended };
      status("Busy");
    },
    cancel(requestId) {
      trace(`Job cancellation request ${requestId} received.`);
      if (current?.job.requestId === requestId) current.cancelled.abort("cancel");
    },
    async shutdown(ending) {
      trace("Shutting down JobDispatcher. Make sure all WorkerDispatcher has finished.");
      current?.cancelled.abort(ending);
      await current?.ended;
    },
    async idle() {
      await current?.ended;
    },
  };
}

/** Why a job is to end, of a signal that has aborted. */
export function endingOf(signal: AbortSignal): Ending {
  return signal.reason === "shutdown" ? "shutdown" : "cancel";
}

/** The result that a worker's exit code stands for; undefined: it crashed. */
function resultOf(code: number): JobResult | undefined {
  return (Object.keys(jobResults) as JobResult[]).find((result) => jobResults[result] === code);
}
