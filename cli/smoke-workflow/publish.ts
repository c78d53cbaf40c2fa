import { Failure } from "../../contract/failure.ts";
import type { SmokeWorkflowRequest } from "../../contract/requests.ts";
import { makerOfWorkflow, workflowMaker, workflowPath } from "../../contract/smoke-workflow.ts";
import type { RepositoryFiles } from "../clients/repository-files.ts";
import type { Output } from "../terminal/output.ts";
import { refusedCommit } from "./refused-commit.ts";

/** The collaborators of publishing and withdrawing the smoke test's workflow. */
export interface WorkflowCollaborators {
  /** Of the repository that has the workflow. */
  files: RepositoryFiles;
  output: Output;
}

/**
 * Writes the smoke test's workflow into its repository. If the stack does not
 * manage the workflow, this only checks that it is there. A file that Longhaul did
 * not make for this environment is never overwritten.
 *
 * @throws Failure with the obstacle and what to do about it; ServiceError when GitHub does not answer
 */
export async function publishWorkflow(
  { files, output }: WorkflowCollaborators,
  { target, smoke, text }: SmokeWorkflowRequest,
): Promise<void> {
  const path = workflowPath(smoke.workflow);
  const repository = `${smoke.owner}/${smoke.repository}`;
  const standing = await files.read(path);
  if (text === undefined) {
    if (!standing) throw new Failure(missing(path, repository));
    output.say(`${path} of ${repository} is left as it is.`);
    return;
  }
  if (standing?.text === text) {
    output.say(`${path} of ${repository} is up to date.`);
    return;
  }
  const own = workflowMaker(target);
  const maker = standing && makerOfWorkflow(standing.text);
  if (standing && maker !== own) throw new Failure(foreign(path, repository, own, maker));
  try {
    await files.write(path, text, `Longhaul's smoke test of ${target.environment}`, standing);
  } catch (error) {
    // If a commit succeeded and only its answer was lost, the next attempt is refused.
    const now = await files.read(path).catch(() => undefined);
    if (now?.text !== text) throw refusedCommit({ change: "write", path, repository, error });
  }
  output.say(`${path} is in ${repository}.`);
}

function missing(path: string, repository: string): string {
  return (
    `The default branch of ${repository} has no ${path} (or the credentials may not read it), and ` +
    "smokeTest.manageWorkflow is false, so the stack does not create it. Commit a workflow there (the text of " +
    "Longhaul's own is in its folder validation/workflows), or remove manageWorkflow from the configuration."
  );
}

function foreign(path: string, repository: string, own: string, maker: string | undefined): string {
  const origin = maker === undefined ? "was not made by Longhaul" : `belongs to the environment ${maker}`;
  return (
    `${path} is in ${repository} already and ${origin}, so it is not overwritten. Name another file for ${own} ` +
    "(smokeTest.workflow)" +
    (maker === undefined
      ? "; or set smokeTest.manageWorkflow to false if this file is to be the smoke test."
      : ".") +
    " See docs/troubleshooting.md#workflow-refused."
  );
}
