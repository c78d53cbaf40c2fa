import { runnerTags } from "../../contract/resource-tags.ts";
import type { DeclaredMachine, SettleRequest } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import type { NewSecret } from "../clients/secrets.ts";

/** A fleet's place, tags of one's own, and the key of one's own that encrypts its tokens. */
export interface TokenPlace extends Pick<SettleRequest, "fleet" | "ownTags"> {
  environment: string;
  kmsKeyArn?: string | undefined;
}

/**
 * What a machine's token parameter is written with. The tags are those that the
 * stack gives it, by which that machine alone may read it.
 *
 * @param value a registration token, or the text that says there is none
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
