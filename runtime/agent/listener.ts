import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { Failure } from "../../contract/failure.ts";
import { parseObject } from "../../contract/json.ts";
import type { UserAccount } from "./user-account.ts";
import { accountEnvironment, asUser } from "./user-account.ts";
import { unlessAbsent } from "./absent.ts";
import { inOwnScope } from "./listener-scope.ts";
import type { MachinePaths } from "./paths.ts";
import type { ProcessMark, ProcessTable } from "./processes.ts";

/** The listener's process. It is independent of the agent, which may die and come back without it. */
export interface ListenerProcess {
  mark: ProcessMark;
  /** Undefined while it runs. The code is undefined if a signal ended it, or if another agent had started it. */
  ended(): { code: number | undefined } | undefined;
}

export interface ListenerHost {
  paths: MachinePaths;
  account: UserAccount;
  processes: ProcessTable;
  /** The agent's own environment: the listener's begins with it. */
  environment: Record<string, string>;
}

/**
 * Starts the listener as the runner's user, in a session and a scope of its own,
 * with its output going straight to a file. `run.sh` is left out: it hides exit codes,
 * and ending it would orphan the listener.
 *
 * @throws when it could not be started
 */
export function startListener({ paths, account, processes, environment }: ListenerHost): ListenerProcess {
  // The output of one run must not be taken for news of the next.
  rmSync(paths.perfLog, { force: true });
  rmSync(paths.jobFacts, { force: true, recursive: true });
  unlessAbsent(() => {
    renameSync(paths.listenerLog, `${paths.listenerLog}.1`);
  });
  for (const folder of [paths.perfFolder, paths.jobFacts]) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777); // The listener is another user's; the folder above is root's.
  }
  const log = openSync(paths.listenerLog, "ax", 0o640);
  const [program, ...parameters] = inOwnScope([...asUser(account), paths.listener, "run"]);
  const child = spawn(program, parameters, {
    cwd: paths.runner,
    env: {
      ...environment,
      ...accountEnvironment(account),
      RUNNER_PERFLOG: paths.perfFolder,
      ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT: "1",
      ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: "1",
    },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  let ended: { code: number | undefined } | undefined;
  child.once("exit", (code) => {
    ended = { code: code ?? undefined };
  });
  child.once("error", () => undefined); // It has no process id then, which is reported below.
  child.unref();
  if (child.pid === undefined)
    throw new Failure(`${program} could not be started: the listener does not run.`);
  const mark = processes.mark(child.pid) ?? { pid: child.pid, start: "" };
  writeFileSync(paths.listenerProcess, JSON.stringify(mark));
  return { mark, ended: () => ended };
}

/**
 * The listener that an earlier agent has started, if it still runs. An agent that
 * died in the middle of the start has left no mark. Then the process table is
 * searched, because otherwise a second listener would be started beside the first.
 */
export function adoptListener({
  paths,
  processes,
}: Pick<ListenerHost, "paths" | "processes">): ListenerProcess | undefined {
  const marked = readMark(paths.listenerProcess);
  const mark = marked && processes.isRunning(marked) ? marked : processes.findListener();
  if (!mark) return undefined;
  return { mark, ended: () => (processes.isRunning(mark) ? undefined : { code: undefined }) };
}

/**
 * `SIGSTOP` freezes it, `SIGCONT` thaws it, `SIGKILL` ends it at once: only for a
 * listener without a job. It is not ended politely, because that would cancel a
 * job that arrives at this moment; a message that was never received goes to
 * another runner.
 */
export function signalListener(listener: ListenerProcess, signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
  if (!listener.ended()) unlessAbsent(() => process.kill(listener.mark.pid, signal));
}

/** Undefined: none was started since the boot, or the agent was killed while it recorded that. */
function readMark(path: string): ProcessMark | undefined {
  const { pid, start } = parseObject(unlessAbsent(() => readFileSync(path, "utf8"))) ?? {};
  return typeof pid === "number" && typeof start === "string" ? { pid, start } : undefined;
}
