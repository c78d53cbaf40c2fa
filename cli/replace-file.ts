import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";

/**
 * Gives a file another content at once: whoever reads it, and whoever comes
 * after a crash, finds the old text or the new one and never a part of it. The
 * file keeps its mode; a link stays one.
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

/** What counts where there is no such file. Any other error is passed on. */
function ifMissing<Otherwise>(otherwise: Otherwise): (error: unknown) => Otherwise {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return otherwise;
  };
}
