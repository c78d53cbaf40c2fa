import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What a job's steps print, on the way to GitHub. */
export interface StepOutput {
  /** @throws where `_diag` is full */
  write(lines: readonly string[]): void;
  /** GitHub has all of it. */
  uploaded(): void;
}

/**
 * Keeps a job's output as the real worker does until it is uploaded
 * (`PagingLogger`): for GitHub in pages and for its storage in blocks, here in
 * one of each. A block that cannot be uploaded is not tried again, and stays.
 *
 * @param root the runner's folder; the output goes to `_diag` in it
 * @param storageBlocked a firewall lets nobody reach GitHub's storage
 */
export function stepOutput(root: string, jobGuid: string, storageBlocked: boolean): StepOutput {
  const pages = join(root, "_diag", "pages");
  const blocks = join(root, "_diag", "blocks");
  const page = join(pages, `${jobGuid}_${jobGuid}_1.log`);
  const block = join(blocks, `${jobGuid}_${jobGuid}.1`);
  for (const folder of [pages, blocks]) mkdirSync(folder, { recursive: true });
  return {
    write(lines) {
      const text = lines.map((line) => `${new Date().toISOString()} ${line}\n`).join("");
      for (const file of [page, block]) appendFileSync(file, text);
    },
    uploaded() {
      rmSync(page, { force: true });
      if (!storageBlocked) rmSync(block, { force: true });
    },
  };
}
