import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";

/** A process, told from a later one with the same id by when it started (clock ticks since boot). */
export interface ProcessMark {
  pid: number;
  start: string;
}

/** What runs of the runner besides its listener. */
export interface RunnerProcesses {
  worker: boolean;
  updating: boolean;
}

/** The names of the runner's processes in `/proc/<pid>/comm`. */
const workerName = "Runner.Worker";
const updateScript = "/_update.sh";

/**
 * Reads processes from `/proc`.
 *
 * @param proc where it is mounted
 * @param runner the runner's folder: other processes of the same names are somebody else's
 */
export function processTable(proc: string, runner: string) {
  /** Undefined: no such process, or it has ended and only waits for its parent. */
  const mark = (pid: number): ProcessMark | undefined => {
    // `<pid> (<name>) <state> …`; the name may hold anything.
    const fields = read(`${proc}/${pid}/stat`)
      ?.replace(/^.*\) /s, "")
      .split(" ");
    return fields && fields[0] !== "Z" ? { pid, start: fields[19]! } : undefined;
  };

  const isRunning = ({ pid, start }: ProcessMark): boolean => mark(pid)?.start === start;

  const isWorker = (pid: number | string) => read(`${proc}/${pid}/comm`)?.trim() === workerName;

  /** Whether the listener has a worker among its children: cheap enough for every second. */
  const hasWorker = (listener: number): boolean =>
    list(`${proc}/${listener}/task`).some((thread) =>
      (read(`${proc}/${listener}/task/${thread}/children`) ?? "")
        .split(" ")
        .some((pid) => pid !== "" && isWorker(pid)),
    );

  /** Looks at every process: for when there is no listener to ask. */
  const scan = (): RunnerProcesses => {
    const found: RunnerProcesses = { worker: false, updating: false };
    for (const pid of list(proc)) {
      if (!/^\d+$/.test(pid)) continue;
      if (isWorker(pid)) found.worker ||= isBelow(link(`${proc}/${pid}/cwd`), runner);
      else
        found.updating ||= commandLine(pid).some(
          (word) => isBelow(word, runner) && word.endsWith(updateScript),
        );
    }
    return found;
  };

  const commandLine = (pid: string) => read(`${proc}/${pid}/cmdline`)?.split("\0") ?? [];

  return { mark, isRunning, hasWorker, scan };
}

export type ProcessTable = ReturnType<typeof processTable>;

function isBelow(path: string | undefined, folder: string): boolean {
  return path?.startsWith(`${folder}/`) ?? false;
}

/* A process may end between any two looks: what is no longer there is read as nothing. */

function read(path: string): string | undefined {
  return unlessAbsent(() => readFileSync(path, "utf8"));
}

function link(path: string): string | undefined {
  return unlessAbsent(() => readlinkSync(path), "EACCES"); // Another user's, where this is not root.
}

function list(path: string): string[] {
  return unlessAbsent(() => readdirSync(path)) ?? [];
}
