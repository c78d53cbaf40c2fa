import { traceOf } from "../../contract/failure.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { stamp } from "./diagnostics.ts";
import type { AcquiredJob, Call } from "./exchange.ts";
import type { JobResult } from "./exit-codes.ts";
import { jobResults } from "./exit-codes.ts";
import { keepLock } from "./lock.ts";
import type { Ending } from "./worker-process.ts";
import { startWorker } from "./worker-process.ts";

/**
 * Seconds that a cancelled worker may take before it is killed: the real
 * runner's five minutes, less fifteen seconds.
 */
const cancelSeconds = 285;

/** Runs jobs in worker processes, one after the other. */
export interface Dispatcher {
  /**
   * False from the end of the last job that was begun, even if another job waits
   * for that end, as in the real runner.
   */
  readonly busy: boolean;
  /**
   * Runs a job. A job that still runs is cancelled first
   * (`EnsureDispatchFinished`), and the new one waits for its end.
   */
  run(job: AcquiredJob): void;
  cancel(requestId: string): void;
  /** Ends the running job and waits for its end. */
  shutdown(ending: Ending): Promise<void>;
  /** Waits for the end of the running job. */
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

/** A job from its arrival to its end. */
interface Dispatch {
  job: AcquiredJob;
  cancelled: AbortController;
  finished: boolean;
  ended: Promise<void>;
}

export function createDispatcher(context: DispatcherContext): Dispatcher {
  const { root, call, diagnostics, environment, onStatus } = context;
  let busy = false;
  let last: Dispatch | undefined;
  const trace = (message: string, level?: "ERR ") => {
    diagnostics.trace("JobDispatcher", message, level);
  };

  const execute = async (job: AcquiredJob, cancelled: AbortSignal): Promise<void> => {
    const { jobGuid } = job;
    diagnostics.line(`${stamp(new Date())}: Running job: ${job.jobName}`);
    trace(`Start renew job request ${job.requestId} for job ${jobGuid}.`);
    const lock = keepLock(job, call, diagnostics);
    const aborted = abortOf(cancelled);
    const ours = await Promise.race([lock.first, aborted.then(() => "cancelled" as const)]);
    if (ours === false) {
      trace(
        `Unable to renew job request for job ${jobGuid} for the first time, stop dispatching job to worker.`,
      );
      return;
    }
    const stopRenewal = () => {
      trace(`Stop renew job request for job ${jobGuid}.`);
      lock.release();
    };
    if (ours === "cancelled") {
      stopRenewal();
      await complete(job, "cancelled");
      return;
    }
    diagnostics.perf(`JobRequestRenewed_${job.requestId}`);
    const worker = startWorker(job, root, environment, diagnostics);
    const first = await Promise.race([
      worker.ended.then(() => "ended" as const),
      lock.lost.then(() => "Abandoned" as const),
      aborted.then(() => "Canceled" as const),
    ]);
    if (first !== "ended") {
      trace(`Send job cancellation message to worker for job ${jobGuid}.`);
      worker.send({ end: endingOf(cancelled) });
    }
    const killer = setTimeout(() => {
      worker.kill();
    }, cancelSeconds * 1000);
    const code = await worker.ended;
    trace("Worker process ended."); // If this line cannot be written, the steps below never happen.
    if (diagnostics.isOutputLost()) await new Promise(() => undefined);
    clearTimeout(killer);
    const result = first === "ended" ? await judgeExit(job, code) : first;
    trace(`finish job request for job ${jobGuid} with result: ${result}`);
    diagnostics.line(`${stamp(new Date())}: Job ${job.jobName} completed with result: ${result}`);
    stopRenewal();
  };

  /** A worker that has ended on its own has reported its job's result to GitHub, unless it crashed. */
  const judgeExit = async (job: AcquiredJob, code: number): Promise<JobResult> => {
    trace(`Worker finished for job ${job.jobGuid}. Code: ${code}`);
    const result = resultOf(code);
    if (result !== undefined) return result;
    trace(
      `Return code ${code} indicate worker encounter an unhandled exception or app crash, attach worker stdout/stderr to JobRequest result.`,
    );
    await complete(job, "failed").catch((error: unknown) => {
      trace(`Fail to raise job completion back to service. ${traceOf(error)}`, "ERR ");
    });
    return "Failed";
  };

  /** Ends a job at GitHub that has no worker which could do so. */
  const complete = async (job: AcquiredJob, result: "cancelled" | "failed") => {
    await call("POST", `/jobs/${job.requestId}/complete`, { body: { result, outputs: {} } });
  };

  const setStatus = (state: "Busy" | "Online") => {
    busy = state === "Busy";
    diagnostics.trace("BrokerMessageListener", `Received job status event. JobState: ${state}`);
    onStatus();
  };

  const finishBefore = async (former: Dispatch): Promise<void> => {
    if (!former.finished) {
      const problem = "status. Cancel running worker right away.";
      trace(`We are not yet checking the state of jobrequest ${former.job.jobGuid} ${problem}`, "ERR ");
      former.cancelled.abort("cancel");
    }
    await former.ended;
    trace(`Job request ${former.job.jobGuid} processed succeed.`);
  };

  const dispatch = async (entry: Dispatch, former: Dispatch | undefined): Promise<void> => {
    try {
      if (former) await finishBefore(former);
      await execute(entry.job, entry.cancelled.signal);
    } catch (error) {
      trace(
        `Worker Dispatch failed with an exception for job request ${entry.job.jobGuid}. ${traceOf(error)}`,
        "ERR ",
      );
    } finally {
      entry.finished = true;
      setStatus("Online");
    }
  };

  return {
    get busy() {
      return busy;
    },
    run(job) {
      trace(`Job request ${job.requestId} for plan ${job.planGuid} job ${job.jobGuid} received.`);
      const former = last;
      const entry: Dispatch = {
        job,
        cancelled: new AbortController(),
        finished: false,
        ended: Promise.resolve(),
      };
      last = entry;
      setStatus("Busy");
      entry.ended = dispatch(entry, former);
    },
    cancel(requestId) {
      const entry = last?.job.requestId === requestId ? last : undefined;
      const id = entry?.job.jobGuid ?? requestId;
      trace(`Job cancellation request ${id} received, cancellation timeout 5 minutes.`);
      entry?.cancelled.abort("cancel");
    },
    async shutdown(ending) {
      trace("Shutting down JobDispatcher. Make sure all WorkerDispatcher has finished.");
      if (!last || last.finished) return;
      trace(`Ensure WorkerDispatcher for job ${last.job.jobGuid} run to finish, cancel any running job.`);
      last.cancelled.abort(ending);
      await last.ended;
    },
    async idle() {
      await last?.ended;
    },
  };
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

/** Why a job must end, from a signal that has aborted. */
export function endingOf(signal: AbortSignal): Ending {
  return signal.reason === "shutdown" ? "shutdown" : "cancel";
}

/** The result that a worker's exit code stands for; undefined for a crash. */
function resultOf(code: number): JobResult | undefined {
  return (Object.keys(jobResults) as JobResult[]).find((result) => jobResults[result] === code);
}
