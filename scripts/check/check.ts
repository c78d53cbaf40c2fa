import { join } from "node:path";
import { runsInCi } from "../../cli/runs-in-ci.ts";
import type { CheckResult } from "./finding.ts";
import { checkReference } from "./reference.ts";
import { checkShellScripts } from "./shell-scripts.ts";
import { checkWorkflows } from "./workflows.ts";
import "../end-in-words.ts";

/*
 * `npm run check:rest`: the part of `npm run check` besides the compiler, the
 * linter and the formatter. It checks that the reference is up to date, and that
 * shell scripts and workflow files have no faults. It prints one line for each
 * finding. Exit code 1 if there are findings, and in CI if a check was skipped.
 */

const root = join(import.meta.dirname, "../..");
const results = [checkReference(root), checkShellScripts(root), await checkWorkflows(root)];

for (const result of results) console.log(summary(result));
const failed = results.filter(
  ({ findings, skipped }) => findings.length > 0 || (skipped !== undefined && runsInCi()),
);
if (failed.length > 0) process.exitCode = 1;

function summary({ what, findings, skipped }: CheckResult): string {
  if (skipped !== undefined) return `skipped: ${skipped} (${what})`;
  if (findings.length === 0) return `checked ${what}`;
  return [`checked ${what}: ${findings.length} to be put right`, ...findings.map((text) => `  ${text}`)].join(
    "\n",
  );
}
