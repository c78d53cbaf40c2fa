import { environmentTags } from "../../contract/resource-tags.ts";
import { appKeyParameter } from "../../contract/parameters.ts";
import type { Secrets } from "../clients/secrets.ts";
import type { Environment } from "../environment.ts";
import type { Output } from "../terminal/output.ts";

export interface AppKeyCollaborators {
  secrets: Secrets;
  output: Pick<Output, "say">;
}

/**
 * Stores the private key with which the environment's controller authenticates at
 * GitHub. An earlier key is replaced.
 *
 * @param key PEM text; it goes into the parameter and nowhere else
 * @throws ServiceError when SSM refuses
 */
export async function storeAppKey(
  { secrets, output }: AppKeyCollaborators,
  { name, configuration, stackFile }: Pick<Environment, "name" | "configuration" | "stackFile">,
  key: string,
): Promise<void> {
  const { kmsKeyArn } = configuration.aws;
  const parameter = appKeyParameter(name);
  await secrets.write(parameter, {
    value: key,
    ...(kmsKeyArn !== undefined && { keyId: kmsKeyArn }),
    tags: environmentTags(name, parameter, configuration.tags),
  });
  output.say(
    `The key is stored in ${parameter}, encrypted. Delete its file now: GitHub can make another key at any time.`,
  );
  output.say(
    configuration.wakeOnDemand.app
      ? "The controller uses the key from its next sweep on, within five minutes, if `pulumi up` has applied " +
          "wakeOnDemand.app. The metric SweepFailed shows whether GitHub accepts the key."
      : `Next: set wakeOnDemand.app (id and installationId) in ${stackFile}, and run \`pulumi up -s ${name}\`.`,
  );
}

/**
 * Deletes the key. `pulumi destroy` does not delete it, because the stack did not
 * create it.
 *
 * @throws ServiceError when SSM refuses
 */
export async function removeAppKey(
  { secrets, output }: AppKeyCollaborators,
  { name, configuration }: Pick<Environment, "name" | "configuration">,
): Promise<void> {
  const parameter = appKeyParameter(name);
  const wasThere = await secrets.remove(parameter);
  output.say(wasThere ? `${parameter} is deleted.` : `There is no ${parameter}: nothing was deleted.`);
  if (configuration.wakeOnDemand.app) {
    output.say(
      "Until you store a key again or remove wakeOnDemand.app from the configuration, each sweep fails (metric SweepFailed).",
    );
  }
}
