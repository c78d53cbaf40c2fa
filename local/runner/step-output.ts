import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The output of a job's steps on its way to GitHub. */
export interface StepOutput {
  /** @throws if `_diag` is full */
  write(lines: readonly string[]): void;
  /** Called when GitHub has received all of the output. */
  uploaded(): void;
}

/**
 * Keeps a job's output on disk until it is uploaded, as the real worker does
 * (`PagingLogger`). The real one keeps it in pages for GitHub and in blocks for
 * GitHub's storage; here there is one of each. A block that cannot be uploaded
 * is not retried, and stays.
 *
 * @param root the runner's folder; the output is in `_diag` there
 * @param storageBlocked whether a firewall blocks GitHub's storage
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
