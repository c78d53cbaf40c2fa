import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./command-line.ts";

/** Folder of the runbooks. */
export const runbooks = join(project, "docs/runbooks");

/** The commands of a runbook: every line of its blocks of shell, in their order. */
export function commandsOf(runbook: string): string[] {
  const text = readFileSync(join(runbooks, `${runbook}.md`), "utf8");
  return [...text.matchAll(/^( *)```sh\n([^]*?)^\1```$/gm)].flatMap(([, , block]) =>
    block!
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  );
}
