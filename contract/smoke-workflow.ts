import { createHash } from "node:crypto";
import type { Target } from "./requests.ts";

/*
 * Which environment made a smoke test's workflow file. The file's first line
 * says so, because the stack's state can be lost.
 */

const mark = /^# Made by Longhaul for the environment ([^:]+): /;

/**
 * An environment as its file names it. Two AWS accounts, or two regions of one,
 * can have environments of the same name that share a repository. The
 * repository may be public, so the account enters as part of a digest.
 */
export function workflowMaker({
  environment,
  aws: { account, region },
}: Pick<Target, "environment"> & { aws: Pick<Target["aws"], "account" | "region"> }): string {
  const digest = createHash("sha256").update(account).digest("hex");
  return `${environment} (account ${digest.slice(0, 8)}, ${region})`;
}

/** The workflow's whole text as an environment commits it. */
export function smokeWorkflowText(maker: string, template: string): string {
  return (
    `# Made by Longhaul for the environment ${maker}: "pulumi up" overwrites changes, ` +
    `"pulumi destroy" deletes it.\n${template}`
  );
}

/** The environment that made a file, as {@link workflowMaker} names it; undefined for a file that Longhaul has not made. */
export function makerOfWorkflow(text: string): string | undefined {
  return mark.exec(text)?.[1];
}

/** Path of a workflow file in its repository. */
export const workflowPath = (file: string): string => `.github/workflows/${file}`;
