import { runnerTags } from "../../contract/resource-tags.ts";
import type { DeclaredMachine, SettleRequest } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import type { NewSecret } from "../clients/secrets.ts";

/** A fleet, its configured tags, and the configured key that encrypts its tokens. */
export interface TokenPlace extends Pick<SettleRequest, "fleet" | "ownTags"> {
  environment: string;
  kmsKeyArn?: string | undefined;
}

/**
 * The content of a machine's token parameter. Its tags are those that the stack
 * gives it. They allow only that machine to read it.
 *
 * @param value a registration token, or the text that replaces a used one
 */
export function tokenSecret(
  { environment, fleet, ownTags, kmsKeyArn }: TokenPlace,
  { runner, instanceId }: DeclaredMachine,
  value: string,
): NewSecret {
  return {
    value,
    ...(kmsKeyArn !== undefined && { keyId: kmsKeyArn }),
    tags: { ...runnerTags(environment, fleet, runner, ownTags), [tags.instance]: instanceId },
  };
}
