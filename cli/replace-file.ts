import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";

/**
 * Replaces a file's content atomically. A reader finds either the old text or the
 * new one, also after a crash. The file keeps its mode, and a symbolic link stays
 * a link.
 *
 * @param mode of a file that does not exist yet
 */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  const target = await realpath(path).catch(ifMissing(path)); // It may not be there yet.
  const kept = await stat(target).catch(ifMissing(undefined));
  const aside = `${target}.${randomBytes(4).toString("hex")}.new`;
  try {
    const file = await open(aside, "wx", kept ? kept.mode & 0o777 : mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Returns `otherwise` if there is no such file. Any other error is thrown again. */
function ifMissing<Otherwise>(otherwise: Otherwise): (error: unknown) => Otherwise {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return otherwise;
  };
}
