import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";
import { readSockets } from "./sockets.ts";

/** A process, distinguished from a later one with the same id by its start (clock ticks since boot). */
export interface ProcessMark {
  pid: number;
  start: string;
}

/** The runner's processes besides its listener. */
export interface RunnerProcesses {
  /** Its process id. */
  worker: number | undefined;
  updating: boolean;
}

/** The names of the runner's processes in `/proc/<pid>/comm`. */
const workerName = "Runner.Worker";
const updateScript = "/_update.sh";
/** Milliseconds of a clock tick in `/proc/…/stat`: 1/100 s on all architectures of Linux that GitHub's runner knows. */
const tickMs = 10;

/**
 * Reads processes from `/proc`.
 *
 * @param proc where it is mounted
 * @param runner the runner's folder: processes of the same names elsewhere do not count
 */
export function processTable(proc: string, runner: string) {
  /** The fields of `/proc/…/stat` behind the name, which may hold anything: the state is the first. */
  const stat = (path: string) =>
    read(`${proc}/${path}/stat`)
      ?.replace(/^.*\) /s, "")
      .split(" ");

  /** Undefined: no such process, or it has ended and only waits for its parent. */
  const mark = (pid: number): ProcessMark | undefined => {
    const fields = stat(`${pid}`);
    return fields && fields[0] !== "Z" ? { pid, start: fields[19]! } : undefined;
  };

  const isRunning = ({ pid, start }: ProcessMark): boolean => mark(pid)?.start === start;

  /** Milliseconds since a process began, by the kernel's count, which no change of the clock affects. Undefined: not known. */
  const ageMs = ({ start }: ProcessMark): number | undefined => {
    const age = Number(read(`${proc}/uptime`)?.split(" ")[0]) * 1000 - Number(start) * tickMs;
    return Number.isNaN(age) ? undefined : age;
  };

  const isWorker = (pid: number | string) => read(`${proc}/${pid}/comm`)?.trim() === workerName;

  const threads = (pid: number) => list(`${proc}/${pid}/task`).map((thread) => `${pid}/task/${thread}`);

  /** Ids of a process's children: cheap enough for every second. */
  const children = (pid: number): string[] =>
    threads(pid).flatMap((thread) => (read(`${proc}/${thread}/children`) ?? "").split(" ").filter(Boolean));

  /** How many of its threads are stopped (SIGSTOP). */
  const stopped = (pid: number): "none" | "some" | "all" => {
    const states = threads(pid).map((thread) => stat(thread)?.[0] === "T");
    return states.every(Boolean) ? "all" : states.some(Boolean) ? "some" : "none";
  };

  /** Looks at every process. It is used when there is no listener, and so no list of its children. */
  const scan = (): RunnerProcesses => {
    const found: RunnerProcesses = { worker: undefined, updating: false };
    for (const pid of list(proc)) {
      if (!/^\d+$/.test(pid)) continue;
      if (isWorker(pid)) {
        if (isBelow(link(`${proc}/${pid}/cwd`), runner)) found.worker ??= Number(pid);
      } else
        found.updating ||= commandLine(pid).some(
          (word) => isBelow(word, runner) && word.endsWith(updateScript),
        );
    }
    return found;
  };

  /** The listener's process, whatever started it. It is found by the command line of an agent's start, before and after the change of user. */
  const findListener = (): ProcessMark | undefined => {
    const pid = list(proc).find((entry) => {
      if (!/^\d+$/.test(entry)) return false;
      const words = commandLine(entry);
      return words.includes(`${runner}/bin/Runner.Listener`) && words.includes("run");
    });
    return pid === undefined ? undefined : mark(Number(pid));
  };

  const commandLine = (pid: string) => read(`${proc}/${pid}/cmdline`)?.split("\0") ?? [];

  return {
    mark,
    isRunning,
    ageMs,
    isWorker,
    children,
    stopped,
    sockets: (pid: number) => readSockets(proc, pid),
    scan,
    findListener,
  };
}

export type ProcessTable = ReturnType<typeof processTable>;

function isBelow(path: string | undefined, folder: string): boolean {
  return path?.startsWith(`${folder}/`) ?? false;
}

/* A process may end between any two reads: what no longer exists counts as absent. */

function read(path: string): string | undefined {
  return unlessAbsent(() => readFileSync(path, "utf8"));
}

function link(path: string): string | undefined {
  return unlessAbsent(() => readlinkSync(path), "EACCES"); // Another user's process, if this one is not root.
}

function list(path: string): string[] {
  return unlessAbsent(() => readdirSync(path)) ?? [];
}
