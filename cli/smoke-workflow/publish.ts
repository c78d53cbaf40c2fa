import { Failure } from "../../contract/failure.ts";
import type { SmokeWorkflowRequest } from "../../contract/requests.ts";
import { makerOfWorkflow, workflowMaker, workflowPath } from "../../contract/smoke-workflow.ts";
import type { RepositoryFiles } from "../clients/repository-files.ts";
import type { Output } from "../terminal/output.ts";
import { refusedCommit } from "./refused-commit.ts";

/** What the smoke test's workflow is put in place with. */
export interface WorkflowCollaborators {
  /** Of the repository that has the workflow. */
  files: RepositoryFiles;
  output: Output;
}

/**
 * Puts the smoke test's workflow into its repository, or makes sure that the
 * one that is to be left alone is there. A file that Longhaul has not made for
 * this environment is never written over.
 *
 * @throws Error with what stands in the way and the way on; ServiceError when GitHub does not answer
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
    output.say(`${path} of ${repository} is as it should be.`);
    return;
  }
  const own = workflowMaker(target);
  const maker = standing && makerOfWorkflow(standing.text);
  if (standing && maker !== own) throw new Failure(foreign(path, repository, own, maker));
  try {
    await files.write(path, text, `Longhaul's smoke test of ${target.environment}`, standing);
  } catch (error) {
    // Of a commit whose answer was lost, another attempt is refused.
    const now = await files.read(path).catch(() => undefined);
    if (now?.text !== text) throw refusedCommit({ change: "write", path, repository, error });
  }
  output.say(`${path} is in ${repository}.`);
}

function missing(path: string, repository: string): string {
  return (
    `The default branch of ${repository} has no ${path} (or the credentials may not read it), and ` +
    "smokeTest.manageWorkflow is false, so the stack does not make one. Commit one (the text of Longhaul's " +
    "own is in its folder validation/workflows), or take manageWorkflow away."
  );
}

function foreign(path: string, repository: string, own: string, maker: string | undefined): string {
  const whose =
    maker === undefined ? "and Longhaul has not made it" : `and belongs to the environment ${maker}`;
  return (
    `${path} is in ${repository} already, ${whose}: it is not overwritten. Name another file for ${own} ` +
    "(smokeTest.workflow)" +
    (maker === undefined
      ? "; or set smokeTest.manageWorkflow to false if this file is to be the smoke test."
      : ".") +
    " See docs/troubleshooting.md#workflow-refused."
  );
}
