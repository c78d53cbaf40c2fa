import { execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Diagnostics } from "./diagnostics.ts";

export interface UpdateContext {
  root: string;
  workFolder: string;
  /** Base URL of GitHub, where releases are. */
  githubUrl: string;
  version: string;
  targetVersion: string;
  diagnostics: Diagnostics;
  /** Resolves when no job runs. */
  idle(): Promise<void>;
}

/**
 * Fetches another version and leaves its installation to `_update.sh`, which
 * waits until this process is gone. True: the listener must end now.
 */
export async function selfUpdate(context: UpdateContext): Promise<boolean> {
  const { root, githubUrl, version, targetVersion, diagnostics } = context;
  if (targetVersion === version) {
    diagnostics.trace("SelfUpdater", "Can't find available update package.");
    return false;
  }
  try {
    diagnostics.line(`Runner update in progress, do not shutdown runner.`);
    diagnostics.line(`Downloading ${targetVersion} runner`);
    const folder = join(root, context.workFolder, "_update");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const name = `actions-runner-linux-${process.arch}-${targetVersion}.tar.gz`;
    const url = new URL(githubUrl).origin + `/actions/runner/releases/download/v${targetVersion}/${name}`;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
    writeFileSync(join(folder, name), Buffer.from(await response.arrayBuffer()));
    await promisify(execFile)("tar", ["-xzf", name], { cwd: folder });
    diagnostics.line("Waiting for current job finish running.");
    await context.idle();
    diagnostics.line("Generate and execute update script.");
    const script = join(root, context.workFolder, "_update.sh");
    writeFileSync(script, updateScript(context, folder), { mode: 0o755 });
    rmSync(join(root, "update.finished"), { force: true });
    spawn("bash", [script], { cwd: root, stdio: "ignore", detached: true }).unref();
    diagnostics.line("Runner will exit shortly for update, should be back online within 10 seconds.");
    return true;
  } catch (error) {
    diagnostics.fail(`Runner update failed: ${(error as Error).message}`);
    return false;
  }
}

/** As the real one leaves things: `bin` and `externals` are links to folders with the version in their names. */
function updateScript({ root, version, targetVersion }: UpdateContext, folder: string): string {
  return `#!/bin/bash
cd '${root}' || exit 1
while [[ -e /proc/${process.pid} ]]; do /bin/sleep 0.1; done
for part in bin externals; do
  if [[ -L $part ]]; then rm "$part"; else mv "$part" "$part.${version}"; fi
  rm -rf "$part.${targetVersion}"
  mv '${folder}'/"$part" "$part.${targetVersion}"
  ln -s "$PWD/$part.${targetVersion}" "$part"
done
touch update.finished
`;
}
