import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../contract/failure.ts";

/*
 * Finds and ends processes by their environment. A process cannot lose its
 * environment by detaching or by outliving its parent, so this finds processes
 * that process groups and parent ids miss.
 */

type Probe = (environment: readonly string[]) => boolean;

/**
 * Ids of the processes with an environment that fits, and of all their
 * descendants, without the caller's own.
 *
 * @param isOthers descendants that are left out, with their own descendants
 */
export function findProcesses(fits: Probe, isOthers: Probe = () => false): number[] {
  return searchProcesses(fits, isOthers, []);
}

/** Ids of all descendants of a process. */
export function findDescendants(pid: number): number[] {
  return searchProcesses(
    () => false,
    () => false,
    [pid],
  );
}

function searchProcesses(fits: Probe, isOthers: Probe, ancestors: number[]): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const stat = readProc(`/proc/${name}/stat`);
    if (stat === undefined || pid === process.pid) continue;
    const [state, parent] = fieldsOf(stat);
    if (state === "Z") continue; // It has ended, but its parent has not yet read its status.
    const environment = environmentOf(pid);
    if (fits(environment)) found.add(pid);
    if (!isOthers(environment)) parents.set(pid, Number(parent));
  }
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent) || ancestors.includes(parent)) found.add(pid);
  }
  return [...found];
}

/** A process's variables, `NAME=value`; none when it has ended or belongs to another user. */
export function environmentOf(pid: number): string[] {
  return readProc(`/proc/${pid}/environ`)?.split("\0") ?? [];
}

/** Ids of the processes, among those given, that hold the IPv4 socket of a local TCP port. */
export function processesWithSocket(pids: readonly number[], port: number): number[] {
  // Columns: number, local address, remote address, state, queues, timer, retransmissions, user, timeout, inode.
  const rows = readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  const address = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const sockets = rows.filter(([, local]) => local?.endsWith(address)).map((row) => `socket:[${row[9]}]`);
  return pids.filter((pid) => openFiles(pid).some((file) => sockets.includes(file)));
}

/** The targets of a process's file descriptors. */
function openFiles(pid: number): string[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/fd`), []).map((descriptor) =>
    unlessGone(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`), ""),
  );
}

/**
 * When a process was started, in milliseconds since 1970, to a second or so;
 * undefined when no process has this id (any more). The start time shows
 * whether an id now belongs to another process than the one for which it was
 * recorded.
 */
export function processStartedAt(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // In proc(5) the state is field 3, and the start is field 22, in ticks since the computer's own start.
  const fields = fieldsOf(stat);
  if (fields[0] === "Z") return undefined;
  const booted = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))![1]!;
  return Number(booted) * 1000 + Number(fields[19]) * msPerTick;
}

/** `/proc/<pid>/stat` from the state on: `<pid> (<comm>) <state> <parent> …`; the name may hold spaces and parentheses. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** `USER_HZ`, which Linux promises to programs whatever its own clock does: a hundred ticks a second. */
const msPerTick = 10;

/** Sends the signal to each process that still exists. */
export function signalProcesses(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ESRCH: the process has ended meanwhile.
    }
  }
}

/**
 * Kills what `find` finds until it finds nothing, so that a process which was
 * being forked meanwhile is found in the next round.
 *
 * @throws when a process is still there after ten seconds
 */
export async function endProcesses(find: () => number[]): Promise<void> {
  for (let round = 0; round < 1000; round++) {
    const pids = find();
    if (pids.length === 0) return;
    signalProcesses(pids, "SIGKILL");
    await delay(10);
  }
  throw new Failure(
    `Processes ${find().join(", ")} did not end within 10 s of SIGKILL. Look at them with ps.`,
  );
}

/** Waits until `find` finds nothing. Returns false when the limit has passed. */
export async function processesEnded(find: () => number[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (find().length > 0) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

/**
 * A buffer that is used again for every file of /proc, because finding
 * processes reads two files of each running process.
 */
const shared = Buffer.allocUnsafe(64 * 1024);

/** The content of a file of /proc; undefined when the process has ended or belongs to another user. */
function readProc(file: string): string | undefined {
  return unlessGone(() => {
    const descriptor = openSync(file, "r");
    try {
      let text = "";
      let length: number;
      while ((length = readSync(descriptor, shared)) > 0) text += shared.toString("latin1", 0, length);
      return text;
    } finally {
      closeSync(descriptor);
    }
  }, undefined);
}

/** Returns the second argument when the process has ended or belongs to another user. */
function unlessGone<Read, Otherwise>(read: () => Read, otherwise: Otherwise): Read | Otherwise {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return otherwise;
    throw error;
  }
}
