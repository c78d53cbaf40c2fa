import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SemVer } from "semver";
import { Failure, messageOf } from "../../contract/failure.ts";

const run = promisify(execFile);
const limitMs = 5 * 60_000;

/** Downloads the official installation of the engine, with its language hosts, below `<folder>/bin`. */
export async function downloadPulumi(version: string, folder: string): Promise<void> {
  // Import the module only when it is used, as where the stack is opened.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  const installed = PulumiCommand.install({ root: folder, version: new SemVer(version) });
  await Promise.race([
    installed,
    new Promise((_, reject) => {
      setTimeout(() => {
        reject(new Failure(`the download of pulumi ${version} took more than ${limitMs / 60_000} minutes`));
      }, limitMs).unref();
    }),
  ]);
}

/**
 * Downloads act's release and checks it against the checksums that are
 * published with it.
 *
 * @param releases base URL of the releases; another one in tests
 */
export async function downloadAct(
  version: string,
  folder: string,
  releases = "https://github.com/nektos/act/releases/download",
): Promise<void> {
  const file = `act_Linux_${process.arch === "arm64" ? "arm64" : "x86_64"}.tar.gz`;
  const get = async (name: string) => {
    const url = `${releases}/${version}/${name}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) }).catch((error: unknown) => {
      throw new Failure(`${url}: ${messageOf(error)}`);
    });
    if (!response.ok) throw new Failure(`${url}: HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const [checksums, archive] = [(await get("checksums.txt")).toString("utf8"), await get(file)];
  const expected = checksums
    .split("\n")
    .find((line) => line.endsWith(` ${file}`))
    ?.split(" ")[0];
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual !== expected) {
    throw new Failure(
      `${file} of act ${version} has SHA-256 ${actual}, but its release says ${expected ?? "nothing"}`,
    );
  }
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, file), archive);
  await run("tar", ["-xzf", join(folder, file), "-C", join(folder, "bin"), "act"], { timeout: 60_000 });
}
