import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { extname, join } from "node:path";
import { Failure } from "../../contract/failure.ts";
import { howToInstall, pythonTool } from "../test-tools/python-tools.ts";
import { filesBelow } from "./files-below.ts";
import type { CheckResult } from "./finding.ts";

/** shellcheck looks for a script that another one sources in the other's folder. */
const options = ["--format=gcc", "--external-sources", "--source-path=SCRIPTDIR"];

/**
 * Runs shellcheck over every shell script of the project: files ending in
 * `.sh`, and files without an ending if their first line names bash or sh.
 *
 * @param root the project's folder
 * @param command the shellcheck program: from the tests' tools, or the one on PATH
 * @throws Failure when shellcheck ends without a result
 */
export function checkShellScripts(
  root: string,
  command = pythonTool("shellcheck") ?? "shellcheck",
): CheckResult {
  const scripts = filesBelow(root).filter((file) => isShellScript(root, file));
  const what = `shell scripts (${scripts.length})`;
  if (scripts.length === 0) return { what, findings: [] };
  const { error, status, stdout, stderr } = spawnSync(command, [...options, "--", ...scripts], {
    cwd: root,
    encoding: "utf8",
  });
  if (error && (error as NodeJS.ErrnoException).code === "ENOENT") {
    return { what, findings: [], skipped: `shellcheck is not installed. ${howToInstall}` };
  }
  if (error) throw error;
  // 0: nothing found · 1: findings · anything else: it could not read its input.
  if (status !== 0 && status !== 1) {
    throw new Failure(`shellcheck ended with exit code ${String(status)}: ${stderr.trim()}`);
  }
  return { what, findings: stdout.split("\n").filter((line) => line !== "") };
}

function isShellScript(root: string, file: string): boolean {
  const extension = extname(file);
  if (extension === ".sh") return true;
  return extension === "" && /^#!.*\b(ba)?sh\b/.test(firstBytes(join(root, file)));
}

/** The beginning of a file, long enough for the first line. */
function firstBytes(file: string): string {
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(80);
  const length = readSync(descriptor, buffer);
  closeSync(descriptor);
  return buffer.toString("utf8", 0, length).split("\n")[0]!;
}
