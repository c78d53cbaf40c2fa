import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * What a cut of the power does to a machine's disk. ext4 puts names and sizes
 * of new files on the disk within seconds, their contents within half a minute,
 * unless somebody asks for it (`sync`). So a cut leaves files that are there
 * and empty, in whatever order they were written.
 */

/** The stand-in for `sync` makes it anew: what is younger may not be on the disk. */
const syncMark = ".synced";

/** The kernel writes contents by itself when they are this old (`vm.dirty_expire_centisecs`). */
const writtenAfterMs = 30_000;

/** Below the root: what is in memory, and what the local cloud itself writes down. */
const untouched = new Set(["run", "var/log/journal", "var/log/stand-ins.log", syncMark]);

/**
 * The files that a cut of the power would empty: those that were made or
 * written to since the last `sync`, in the last half minute. A file's time of
 * birth counts too, because archives are unpacked with old times.
 *
 * @param root the machine's disk
 * @param factor how many seconds of the cloud pass in one second of the computer
 * @returns paths below the root
 */
export function unsyncedFiles(root: string, factor: number): string[] {
  const syncedAt = statSync(join(root, syncMark), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const since = Math.max(syncedAt, Date.now() - writtenAfterMs / factor);
  const search = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (untouched.has(path)) return [];
      if (entry.isDirectory()) return search(path);
      if (!entry.isFile()) return [];
      const { birthtimeMs, mtimeMs, size } = statSync(join(root, path));
      return size > 0 && Math.max(birthtimeMs, mtimeMs) > since ? [path] : [];
    });
  return search("");
}

/** Notes that all of a disk is written: what an image brings along was so long ago. */
export function markWritten(root: string): void {
  writeFileSync(join(root, syncMark), "");
}

/** Empties files of a disk and keeps their names. */
export function emptyFiles(root: string, paths: readonly string[]): void {
  for (const path of paths) truncateSync(join(root, path));
}
