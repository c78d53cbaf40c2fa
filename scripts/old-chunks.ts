import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/**
 * Deletes the chunks of earlier builds. Chunks are named by their content, so they
 * would pile up. A chunk's time is that of the last build that made it.
 *
 * @param folder contains the chunks
 * @param made paths of the chunks that this build has made, which stay
 * @param keepMs milliseconds for which the other chunks stay
 */
export async function deleteOldChunks(
  folder: string,
  made: readonly string[],
  keepMs: number,
): Promise<void> {
  const now = new Date();
  await Promise.all(made.map((path) => utimes(path, now, now)));
  const others = (await readdir(folder))
    .map((name) => join(folder, name))
    .filter((path) => !made.includes(path));
  for (const path of others) {
    const found = await stat(path).catch(() => undefined); // Another build may be at work on it.
    if (found && now.getTime() - found.mtimeMs > keepMs) await rm(path, { force: true });
  }
}
