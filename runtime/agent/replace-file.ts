import { renameSync, writeFileSync } from "node:fs";

/**
 * Puts the text into the file, whole or not at all, whenever the power goes.
 *
 * @throws where it cannot, because the disk is full for example; what the file held before stays
 */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { flush: true });
  renameSync(`${path}.new`, path);
}
