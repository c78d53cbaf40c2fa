import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * The effect of a power cut on a machine's disk. ext4 writes names and sizes of
 * new files to the disk within seconds, and their contents within half a
 * minute, unless a program asks for it earlier (`sync`). So after a cut some
 * files exist but are empty, regardless of the order in which they were
 * written.
 */

/** The stand-in for `sync` renews this file. Younger contents may not be on the disk. */
const syncMark = ".synced";

/** The kernel writes contents to the disk at this age (`vm.dirty_expire_centisecs`), in milliseconds. */
const writtenAfterMs = 30_000;

/** Paths below the root that are in memory, or that the local cloud itself writes. */
const untouched = new Set(["run", "var/log/journal", "var/log/stand-ins.log", syncMark]);

/**
 * The files that a power cut would empty: those that were made or written to
 * since the last `sync`, in the last half minute. A file's time of birth counts
 * too, because archives are unpacked with old times.
 *
 * @param root the machine's disk
 * @param factor how many seconds of the cloud pass in one second of the
 * computer
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

/** Marks a whole disk as written: the files of an image were written long ago. */
export function markWritten(root: string): void {
  writeFileSync(join(root, syncMark), "");
}

/** Empties files of a disk but keeps their names. */
export function emptyFiles(root: string, paths: readonly string[]): void {
  for (const path of paths) truncateSync(join(root, path));
}
