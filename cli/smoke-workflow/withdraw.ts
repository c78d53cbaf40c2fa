import type { SmokeWorkflowRequest } from "../../contract/requests.ts";
import { makerOfWorkflow, workflowMaker, workflowPath } from "../../contract/smoke-workflow.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { WorkflowCollaborators } from "./publish.ts";
import { refusedCommit } from "./refused-commit.ts";

/**
 * Deletes the smoke test's workflow from its repository. A file that Longhaul did
 * not make for this environment stays. A file in a repository that was renamed
 * stays too: if the configuration has the new name by now, the file is in use.
 *
 * @throws Failure with the obstacle and what to do about it; ServiceError when GitHub does not answer
 */
export async function withdrawWorkflow(
  { files, output }: WorkflowCollaborators,
  { target, smoke, text }: SmokeWorkflowRequest,
): Promise<void> {
  const { environment } = target;
  const path = workflowPath(smoke.workflow);
  const repository = `${smoke.owner}/${smoke.repository}`;
  if (text === undefined) {
    output.say(`${path} of ${repository} is left as it is.`);
    return;
  }
  const standing = await files.read(path);
  if (!standing) {
    output.say(`${path} is no longer in ${repository} (or the credentials may not read it).`);
    return;
  }
  if (makerOfWorkflow(standing.text) !== workflowMaker(target)) {
    output.say(
      `${path} of ${repository} is no longer the one that Longhaul made for ${environment}: it stays.`,
    );
    return;
  }
  if (standing.repository.toLowerCase() !== repository.toLowerCase()) {
    output.say(
      `${repository} is now ${standing.repository}: ${path} stays there. If ${environment} does not use it under the ` +
        "new name, delete it by hand.",
    );
    return;
  }
  try {
    await files.remove(path, `Longhaul's smoke test of ${environment} is no longer needed`, standing);
  } catch (error) {
    if (error instanceof ServiceError && /archived/i.test(error.message)) {
      output.say(`${path} stays in ${repository}, which is archived: nothing runs there any more.`);
      return;
    }
    // If a commit succeeded and only its answer was lost, the next attempt is refused.
    const isGone = await files.read(path).then(
      (now) => now === undefined,
      () => false,
    );
    if (!isGone) throw refusedCommit({ change: "delete", path, repository, error });
  }
  output.say(`${path} is no longer in ${repository}.`);
}
