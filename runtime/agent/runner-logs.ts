import { readdirSync, rmSync, statSync, statfsSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";

/** Bytes of the runner's logs that are kept, where their file system is at least four times as large. */
const keptBytes = 256 * 1024 ** 2;
/** Milliseconds between two looks. */
const lookEveryMs = 60_000;

/** Listener and worker write into files of eight megabytes, each into its newest (`HostTraceListener`). */
const logName = /^(Runner|Worker)_[\w-]+\.log$/;

/**
 * Keeps the runner's logs within bounds, also in the middle of a job: the
 * runner itself keeps them for 30 days, and a worker that cannot write its log
 * dies. The oldest go first; the one that each of both writes now stays.
 *
 * @param folder belongs to the runner's user: nothing but plain files of these names is touched
 */
export function runnerLogs(folder: string, clock: Pick<Clock, "monotonic">): { look: () => void } {
  let dueAt = -Infinity;
  return {
    look() {
      if (clock.monotonic() < dueAt) return;
      dueAt = clock.monotonic() + lookEveryMs;
      let room = limitIn(folder);
      const seen = new Set<string>();
      for (const { path, kind, bytes } of logsIn(folder)) {
        room -= bytes;
        if (room < 0 && seen.has(kind)) rmSync(path, { force: true });
        seen.add(kind);
      }
    },
  };
}

function limitIn(folder: string): number {
  const system = unlessAbsent(() => statfsSync(folder));
  return system ? Math.min(keptBytes, (system.blocks * system.bsize) / 4) : keptBytes;
}

/** The newest first. */
function logsIn(folder: string) {
  const entries = unlessAbsent(() => readdirSync(folder, { withFileTypes: true }), "ENOTDIR") ?? [];
  return entries
    .flatMap((entry) => {
      const kind = entry.isFile() ? logName.exec(entry.name)?.[1] : undefined;
      const path = `${folder}/${entry.name}`;
      const stats = kind === undefined ? undefined : unlessAbsent(() => statSync(path));
      return stats ? [{ path, kind: kind!, bytes: stats.size, at: stats.mtimeMs }] : [];
    })
    .sort((one, other) => other.at - one.at);
}
