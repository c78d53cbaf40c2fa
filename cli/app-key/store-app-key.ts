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
 * Stores the private key that the environment's controller asks GitHub with;
 * one that is there is replaced.
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
    `The key is in ${parameter}, encrypted. Delete its file: GitHub makes another when one is needed.`,
  );
  output.say(
    configuration.wakeOnDemand.app
      ? "The controller takes it at its next sweep, within five minutes, if `pulumi up` has made it one that asks: " +
          "the metric SweepFailed says whether GitHub knows the key."
      : `Next: set wakeOnDemand.app (id and installationId) in ${stackFile}, and run \`pulumi up -s ${name}\`.`,
  );
}

/**
 * Takes the key away again. `pulumi destroy` does not: it has not made it.
 *
 * @throws ServiceError when SSM refuses
 */
export async function removeAppKey(
  { secrets, output }: AppKeyCollaborators,
  { name, configuration }: Pick<Environment, "name" | "configuration">,
): Promise<void> {
  const parameter = appKeyParameter(name);
  const wasThere = await secrets.remove(parameter);
  output.say(wasThere ? `${parameter} is gone.` : `There is no ${parameter}.`);
  if (configuration.wakeOnDemand.app) {
    output.say(
      "Until there is one again, or wakeOnDemand.app is taken out, each sweep fails and is counted.",
    );
  }
}
