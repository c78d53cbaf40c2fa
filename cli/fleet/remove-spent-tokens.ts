import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import type { Aws } from "../clients/aws.ts";
import type { FoundSecret } from "../clients/secrets.ts";
import type { Output } from "../terminal/output.ts";
import { tokenSecret } from "./token-secret.ts";
import type { TokenPlace } from "./token-secret.ts";

/** A machine whose token parameter is looked after, and what is known of the machine. */
export interface TokenHolder extends DeclaredMachine {
  /** GitHub shows it online: it is registered, and has no use for a token. */
  isOnline: boolean;
  /**
   * The stack has made its parameter. While an `up` is about to make it, nobody
   * else may: the `up` would fail over one that exists.
   */
  hasParameter: boolean;
}

/**
 * What is to be done with a machine's token parameter. SSM keeps what is
 * overwritten, and shows it by its version to whoever may read the parameter;
 * it forgets only what is deleted.
 *
 * `renew`: a token is in it, or in an earlier version of it, that the machine
 * has used or has no use for · `create`: it is missing, because a run ended
 * between the two calls of a renewal · `leave`: no version holds a token, or
 * the machine may be about to use the one that is there.
 */
export function tokenCare(
  found: Pick<FoundSecret, "value" | "version"> | undefined,
  { isOnline, hasParameter }: Pick<TokenHolder, "isOnline" | "hasParameter">,
): "renew" | "create" | "leave" {
  if (!found) return hasParameter ? "create" : "leave";
  if (found.value !== usedToken) return isOnline ? "renew" : "leave";
  return found.version > 1 ? "renew" : "leave";
}

/**
 * Takes registration tokens out of the parameters of machines that have
 * registered, and out of their history: deletes the parameter and writes it
 * anew with {@link usedToken}. Where nothing is left to remove, one call for
 * ten machines finds that out.
 *
 * AWS advises half a minute between the two calls, because a parameter that was
 * deleted may be seen for a while. They follow one another nevertheless: a
 * write that is refused, or lost with the parameter, leaves none; a machine
 * without one waits for a token as it does with a used one, and the next run
 * writes it. In between nobody but another `longhaul` can write it: the
 * machine's role is bound to a tag that is gone with the parameter.
 *
 * @returns ids of the machines of which a token was removed
 * @throws ServiceError when SSM refuses; the machines before it are done
 */
export async function removeSpentTokens(
  { aws, output }: { aws: Pick<Aws, "parameters">; output: Output },
  place: TokenPlace,
  holders: readonly TokenHolder[],
): Promise<string[]> {
  const { secrets } = aws.parameters;
  const nameOf = ({ instanceId }: TokenHolder) => tokenParameter(place.environment, place.fleet, instanceId);
  const found = await secrets.readAll(holders.map(nameOf));
  const removed: string[] = [];
  for (const holder of holders) {
    const name = nameOf(holder);
    const { runner, instanceId } = holder;
    const care = tokenCare(found.get(name), holder);
    if (care === "leave") continue;
    if (care === "renew") {
      await secrets.remove(name);
      removed.push(instanceId);
      output.say(`${runner} (${instanceId}) has registered: its token was removed from SSM.`);
    }
    // One that exists by now is another run's: a token that the machine has been given, or the same as this.
    await secrets.create(name, tokenSecret(place, holder, usedToken));
  }
  return removed;
}
