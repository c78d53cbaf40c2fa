import { execFile, spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure, sentenceOf } from "../../contract/failure.ts";
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

const parts = ["bin", "externals"] as const;

/**
 * Downloads another version and unpacks it beside the present one, also while a
 * job runs. The switch is left to `_update.sh`, which waits until this process
 * has ended. The previous version and the downloaded files stay.
 *
 * @returns true when the listener must end now
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
    if (!response.ok) throw new Failure(`GET ${url} answered ${response.status}`);
    writeFileSync(join(folder, name), Buffer.from(await response.arrayBuffer()));
    await promisify(execFile)("tar", ["-xzf", name], { cwd: folder });
    rmSync(join(folder, name));
    putBeside(root, folder, targetVersion);
    diagnostics.line("Waiting for current job finish running.");
    await context.idle();
    deleteOthers(root, [version, targetVersion]);
    diagnostics.line("Generate and execute update script.");
    const script = join(root, context.workFolder, "_update.sh");
    writeFileSync(script, updateScript(context), { mode: 0o755 });
    rmSync(join(root, "update.finished"), { force: true });
    spawn("bash", [script], { cwd: root, stdio: "ignore", detached: true }).unref();
    diagnostics.line("Runner will exit shortly for update, should be back online within 10 seconds.");
    return true;
  } catch (error) {
    const reason = sentenceOf(error, (trace) => {
      diagnostics.trace("SelfUpdater", trace, "ERR ");
    });
    diagnostics.fail(`Runner update failed: ${reason}`);
    return false;
  }
}

function putBeside(root: string, folder: string, version: string): void {
  for (const part of parts) cpSync(join(folder, part), join(root, `${part}.${version}`), { recursive: true });
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    rmSync(join(root, entry.name), { force: true }); // A shell may be reading the old file.
    copyFileSync(join(folder, entry.name), join(root, entry.name));
  }
}

function deleteOthers(root: string, versions: readonly string[]): void {
  const kept = parts.flatMap((part) => versions.map((version) => `${part}.${version}`));
  for (const name of readdirSync(root))
    if (/^(bin|externals)\./.test(name) && !kept.includes(name))
      rmSync(join(root, name), { recursive: true });
}

/**
 * The layout that the real update leaves: `bin` and `externals` are links to
 * folders with the version in their names.
 */
function updateScript({ root, version, targetVersion }: UpdateContext): string {
  return `#!/bin/bash
cd '${root}' || exit 1
while [[ -e /proc/${process.pid} ]]; do /bin/sleep 0.1; done
for part in bin externals; do
  if [[ -L $part ]]; then rm "$part"; else mv "$part" "$part.${version}"; fi
  ln -s "$PWD/$part.${targetVersion}" "$part"
done
touch update.finished
`;
}
