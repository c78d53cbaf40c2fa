import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { ownPath, programPath } from "../own-files.ts";

/** A runner release of the local cloud. */
export interface RunnerTarball {
  path: string;
  /** Hexadecimal. */
  sha256: string;
}

/**
 * Builds the stand-in for a release of the runner, with the real one's layout.
 * Its bytes depend only on the sources, the version and the path of Node. So
 * the checksum in a machine's configuration stays the same.
 *
 * @param dir where the tarball is written; an existing one is kept if it is the
 * same
 * @param version for example `2.338.0`
 */
export function buildRunnerTarball(dir: string, version: string): RunnerTarball {
  const content = join(dir, `.runner-${version}-${process.pid}`);
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content, { recursive: true });
  try {
    layOut(content, version);
    const gzip = gzipSync(packReproducibly(content));
    const path = join(dir, `actions-runner-linux-${process.arch}-${version}.tar.gz`);
    if (!existsSync(path) || !readFileSync(path).equals(gzip)) {
      writeFileSync(`${path}.new`, gzip);
      renameSync(`${path}.new`, path); // A download that is reading the old file is not disturbed.
    }
    return { path, sha256: createHash("sha256").update(gzip).digest("hex") };
  } finally {
    rmSync(content, { recursive: true, force: true });
  }
}

function layOut(root: string, version: string): void {
  cpSync(ownPath("runner/layout"), root, { recursive: true });
  const programs = [
    ["listener", "bin/Runner.Listener"],
    ["worker", "bin/Runner.Worker"],
  ] as const;
  for (const [name, program] of programs) {
    // The kernel names a process after the script that was started; /proc/*/comm shows that name.
    const head = `#!${process.execPath}\nconst RUNNER_VERSION = ${JSON.stringify(version)};\n`;
    writeFileSync(join(root, program), head + readFileSync(programPath(name), "utf8"), { mode: 0o755 });
  }
  for (const node of ["externals/node20/bin/node", "externals/node24/bin/node"]) {
    mkdirSync(dirname(join(root, node)), { recursive: true });
    writeFileSync(join(root, node), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  }
}

/** Packs a tar archive without times and owners, in a fixed order. */
function packReproducibly(folder: string): Buffer {
  const plain = [
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u=rwx,go=rx",
  ];
  return execFileSync("tar", [...plain, "--format=ustar", "-cf", "-", "-C", folder, "."], {
    maxBuffer: 64 * 2 ** 20,
  });
}
