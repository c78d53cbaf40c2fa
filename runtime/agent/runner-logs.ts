import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";
import type { Incidents } from "./incidents.ts";

/** Bytes of the runner's logs that are kept, if their file system is at least four times as large. */
const keptBytes = 256 * 1024 ** 2;
/** Milliseconds between two looks. */
const lookEveryMs = 10_000;
/** Milliseconds for which a step's output may belong to a worker that has begun since the processes were read. */
const freshMs = 10_000;

/** Listener and worker write into files of eight megabytes, each into its newest (`HostTraceListener`). */
const logName = /^(Runner|Worker)_[\w-]+\.log$/;
/**
 * A step's output, in pages of 8 MB and in blocks of 2 MB (`PagingLogger`). The worker removes each once it is uploaded.
 * If an upload fails, it is not tried again, and the page or block stays.
 */
const outputNames = { pages: /^[\w-]+_\d+\.log$/, blocks: /^[\w-]+\.\d+$/ };

/** A file system's size, in bytes. */
export interface Room {
  total: number;
  used: number;
  free: number;
}

export interface RunnerLogs {
  /** @param workerAt when the running worker began, by the monotonic clock; undefined: none runs */
  look: (workerAt: number | undefined) => void;
}

/**
 * Limits what the runner writes below `_diag`, also in the middle of a job. The
 * runner keeps its logs for 30 days, and step output that could not be uploaded
 * for ever, and a worker that cannot write its log dies. The oldest files are
 * removed first. Files that a running process needs stay: the log that listener
 * and worker each write now, and all output that is not older than the worker.
 *
 * @param folder belongs to the runner's user, who may put links there. This
 *   process is root, so folders are entered one by one, and only regular files
 *   with the runner's names are removed
 * @param roomOf the folder's own file system; undefined if it is part of the disk
 */
export function runnerLogs(
  folder: string,
  clock: Pick<Clock, "now" | "monotonic">,
  incidents: Pick<Incidents, "goesOn" | "isOver">,
  roomOf: (folder: string) => Room | undefined = ownFileSystem,
): RunnerLogs {
  let dueAt = -Infinity;

  const tell = (room: Room | undefined) => {
    if (!room || room.free >= room.total / 10) incidents.isOver("runnerLogsFull");
    else incidents.goesOn("runnerLogsFull", fullSentence(room.total));
  };

  return {
    look(workerAt) {
      if (clock.monotonic() < dueAt) return;
      dueAt = clock.monotonic() + lookEveryMs;
      const before = clock.now() - freshMs - (workerAt === undefined ? 0 : clock.monotonic() - workerAt);
      withFolders(folder, (opened) => {
        const logs = opened.flatMap(logsIn).sort((one, other) => other.at - one.at);
        const room = roomOf(folder);
        const listed = logs.reduce((sum, { bytes }) => sum + bytes, 0);
        // Other files there take space as well.
        let left = room ? Math.min(keptBytes, room.total / 4) - Math.max(0, room.used - listed) : keptBytes;
        const newest = new Set<string>();
        for (const { path, kind, bytes, at } of logs) {
          const isNeeded = kind === "output" ? at >= before : !newest.has(kind);
          newest.add(kind);
          left -= bytes;
          if (left < 0 && !isNeeded)
            unlessAbsent(() => {
              unlinkSync(path);
            });
        }
        tell(roomOf(folder));
      });
    },
  };
}

function fullSentence(total: number): string {
  return (
    `Less than a tenth is left of the ${Math.round(total / 1024 ** 2)} MiB for the runner's own logs (_diag, in memory). ` +
    "When they are full, workers die and their jobs with them. Step logs stay there where they cannot be uploaded: let the " +
    "machine reach *.actions.githubusercontent.com and *.blob.core.windows.net."
  );
}

/** The log folder and those of step output, as paths that stay valid whatever is put in their place. */
function withFolders(folder: string, use: (opened: { name: string; path: string }[]) => void): void {
  const files: number[] = [];
  const open = (name: string, path: string) => {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    const file = unlessAbsent(() => openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "ENOTDIR");
    if (file === undefined) return [];
    files.push(file);
    return [{ name, path: `/proc/self/fd/${file}` }];
  };
  try {
    const [top] = open("", folder);
    if (!top || readlinkSync(top.path) !== inHome(folder)) return;
    use([top, ...Object.keys(outputNames).flatMap((name) => open(name, `${top.path}/${name}`))]);
  } finally {
    files.forEach(closeSync);
  }
}

/** The folder's path, unless a link is in its place or in that of the runner's folder above it. The one above that belongs to root. */
function inHome(folder: string): string {
  const runner = dirname(folder);
  return join(realpathSync(dirname(runner)), basename(runner), basename(folder));
}

function logsIn({ name: folder, path: place }: { name: string; path: string }) {
  const output = folder === "" ? undefined : outputNames[folder as keyof typeof outputNames];
  return readdirSync(place).flatMap((name) => {
    const kind = output ? (output.test(name) ? "output" : undefined) : logName.exec(name)?.[1];
    const path = `${place}/${name}`;
    const stats = kind === undefined ? undefined : unlessAbsent(() => lstatSync(path));
    return stats?.isFile() ? [{ path, kind: kind!, bytes: stats.size, at: stats.mtimeMs }] : [];
  });
}

/** As the boot script mounts it. */
const tmpfs = 0x0102_1994;

function ownFileSystem(folder: string): Room | undefined {
  const { type, blocks, bfree, bsize } = statfsSync(folder);
  if (type !== tmpfs) return undefined;
  return { total: blocks * bsize, used: (blocks - bfree) * bsize, free: bfree * bsize };
}
