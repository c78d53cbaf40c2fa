import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Keeps a text in a file so that a power cut leaves it whole or not written at
 * all. The returned function writes the text if it differs from the last one of
 * this process, and returns whether it did. An empty text removes the file, which
 * works on a full disk too. If it fails, it throws, and the file stays as it was.
 */
export function keptFile(path: string): (text: string) => boolean {
  let written: string | undefined;
  return (text) => {
    if (text === written) return false;
    if (text === "") rmSync(path, { force: true });
    else {
      writeFileSync(`${path}.new`, text, { flush: true });
      renameSync(`${path}.new`, path);
    }
    written = text;
    return true;
  };
}
