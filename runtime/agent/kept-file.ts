import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Keeps a text in a file, whole or not at all, whenever the power goes. The
 * returned function writes it where it is another than this process has put
 * there, and says whether it was. An empty text removes the file, which a full
 * disk takes too. It throws where it cannot, and the file stays as it was.
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
