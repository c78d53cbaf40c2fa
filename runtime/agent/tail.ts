import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";

/** Reads what was added to a file since the last call, as whole lines. */
export interface Tail {
  (): string[];
  /** Bytes of the file that have been returned as lines. */
  offset(): number;
}

/** Most bytes of one call: a job may write to some of these files as fast as it likes. */
const maxBytes = 1 << 20;
const hole = Buffer.alloc(maxBytes);

/**
 * Follows a file that may not exist yet, and may be replaced or cut. Only a
 * regular file is read, and no link is followed: the folder may belong to the
 * runner's user, and this process is root. What was taken out of the file
 * (read-log.ts) reads as zeros: they are skipped in one call, and the line that
 * they have cut is dropped.
 */
export function tailFile(path: string): Tail {
  let offset = 0;
  let inode = 0;
  let rest = "";
  const read = () => {
    const file = openRegular(path);
    if (file === undefined) return [];
    try {
      const { size, ino } = fstatSync(file);
      if (ino !== inode || size < offset) {
        offset = 0;
        rest = "";
        inode = ino;
      }
      let lines: string[] = [];
      while (lines.length === 0 && offset < size) {
        const bytes = Buffer.alloc(Math.min(maxBytes, size - offset));
        const count = readSync(file, bytes, 0, bytes.length, offset);
        offset += count;
        const text = bytes.equals(hole) ? "\0" : bytes.toString("utf8", 0, count);
        lines = (rest + text).split("\n");
        rest = lines.pop()!.slice(-maxBytes);
        lines = lines.filter((line) => !line.includes("\0"));
      }
      return lines;
    } finally {
      closeSync(file);
    }
  };
  return Object.assign(read, { offset: () => offset - Buffer.byteLength(rest) });
}

/** All whole lines of a file, read one by one with the same care; none if the file does not exist. */
export function* linesOf(path: string): Generator<string> {
  const tail = tailFile(path);
  for (let lines = tail(); lines.length > 0; lines = tail()) yield* lines;
}

/** The beginning of a small file, read with the same care; undefined if the file does not exist. */
export function readSmallFile(path: string, limit = 4096): string | undefined {
  const file = openRegular(path);
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(limit);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, limit, 0));
  } finally {
    closeSync(file);
  }
}

/** Undefined: the file does not exist, or is not a regular file. */
function openRegular(path: string): number | undefined {
  // Without O_NONBLOCK, a pipe in its place would block the agent for ever.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = unlessAbsent(() => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (file === undefined || fstatSync(file).isFile()) return file;
  closeSync(file);
  return undefined;
}
