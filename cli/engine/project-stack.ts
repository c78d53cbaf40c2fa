import { LocalWorkspace, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../../contract/failure.ts";
import type { Environment } from "../environment.ts";

/**
 * An environment's stack on the `pulumi` that is on `PATH`, which runs the
 * project's own program as a plain `pulumi up` does.
 *
 * @throws Error when there is no Pulumi, or no such stack at its backend
 */
export async function openProjectStack({ name, project }: Environment): Promise<Stack> {
  try {
    return await LocalWorkspace.selectStack({ stackName: name, workDir: project });
  } catch (error) {
    if (error instanceof StackNotFoundError) {
      throw new Failure(
        `There is no stack ${name} at Pulumi's backend: bring the environment up first (pulumi up -s ${name}).`,
        { cause: error },
      );
    }
    const message = messageOf(error);
    if (message.includes("ENOENT")) {
      throw new Failure(
        "There is no pulumi on PATH: install it (https://www.pulumi.com/docs/iac/download-install/).",
        { cause: error },
      );
    }
    throw new Failure(`Pulumi cannot open the stack ${name}: ${message}`, { cause: error });
  }
}
