import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Diagnostics } from "./diagnostics.ts";
import type { AcquiredJob } from "./exchange.ts";

/**
 * Why a job ends early: GitHub has cancelled it (or its lock is lost), or the
 * runner itself is shut down. Abort signals here have this as their reason.
 */
export type Ending = "cancel" | "shutdown";

/** What the listener sends its worker. */
export type WorkerMessage = { job: AcquiredJob } | { end: Ending };

/** The process that runs one job. */
export interface WorkerProcess {
  /** Does nothing when the process has ended. */
  send(message: WorkerMessage): void;
  kill(): void;
  /** Its exit code. After a signal it is 128 plus the signal's number, as in .NET. */
  ended: Promise<number>;
}

/** Numbers of the signals that can end a worker here. */
const signals: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15 };

/** Starts a worker and sends it its job. What it prints goes to the listener's output, line by line. */
export function startWorker(
  job: AcquiredJob,
  root: string,
  environment: NodeJS.ProcessEnv,
  diagnostics: Diagnostics,
): WorkerProcess {
  diagnostics.perf("StartingWorkerProcess");
  const program = join(root, "bin/Runner.Worker");
  const child = spawn(program, ["spawnclient"], {
    cwd: join(root, "bin"),
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on("line", (line) => {
      diagnostics.mirror(line);
    });
  }
  diagnostics.trace("ProcessInvokerWrapper", `  File name: '${program}'`);
  diagnostics.trace(
    "ProcessInvokerWrapper",
    `Process started with process id ${child.pid}, waiting for process exit.`,
  );
  diagnostics.trace("JobDispatcher", `Send job request message to worker for job ${job.jobGuid}.`);
  diagnostics.perf(`RunnerSendingJobToWorker_${job.jobGuid}`);
  child.send({ job } satisfies WorkerMessage);
  diagnostics.perf(`SentJobToWorker_${job.requestId}`);
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    kill: () => {
      child.kill("SIGKILL");
    },
    ended: exitCodeOf(child),
  };
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("exit", (code, signal) => {
      resolve(code ?? 128 + (signals[signal!] ?? 0));
    });
  });
}
