import { cpSync, lstatSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/*
 * Images of machines' disks. On a real machine every path begins at the root of
 * its own disk. Here that root is a folder named after the instance, and units,
 * links and settings contain its path. So the new root is written into a copy.
 */

/** These paths are in memory, and are lost with the power. */
const isMemory = (path: string) => path === "run" || path.startsWith("run/");

/** Larger files contain no paths: the local cloud's own files are small. */
const maxTextBytes = 2 ** 20;

/**
 * Copies a disk with everything on it, and the times of its files.
 *
 * @param from an existing disk's folder
 * @param to the copy's folder, which does not exist
 */
export function copyDisk(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(from, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: (source) => !isMemory(relative(from, source)),
  });
}

/** Replaces the old root by the new one, wherever the copy of a disk contains it. */
export function moveRoot(disk: string, oldRoot: string, newRoot: string): void {
  const [before, after] = [oldRoot, newRoot].map((root) => Buffer.from(root, "utf8").toString("latin1"));
  for (const entry of readdirSync(disk, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const { size, mode, atime, mtime } = lstatSync(path);
    if (!entry.isFile() || size > maxTextBytes) continue;
    const text = readFileSync(path, "latin1");
    if (!text.includes(before!)) continue;
    writeFileSync(path, text.replaceAll(before!, after!), { encoding: "latin1", mode });
    utimesSync(path, atime, mtime);
  }
}
