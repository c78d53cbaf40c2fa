import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestEnvironment } from "../environment.ts";

/**
 * Appends a byte to the runner's tarball, so that machines that are made from
 * now on do not come up.
 *
 * @returns a function that removes the byte, and returns the original checksum
 */
export function tamperTarball({ cloud }: TestEnvironment): () => { sha256: string } {
  const folder = join(cloud.dir, "runner");
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tar.gz"))!,
  );
  const good = readFileSync(file);
  const bad = Buffer.concat([good, Buffer.from([0])]);
  writeFileSync(file, bad);
  return () => {
    writeFileSync(file, good);
    return { sha256: createHash("sha256").update(bad).digest("hex") };
  };
}
