import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import type { Aws } from "../clients/aws.ts";
import type { FoundSecret } from "../clients/secrets.ts";
import type { Output } from "../terminal/output.ts";
import { tokenSecret } from "./token-secret.ts";
import type { TokenPlace } from "./token-secret.ts";

/** A machine with a token parameter, and what is known about the machine. */
export interface TokenHolder extends DeclaredMachine {
  /** GitHub shows it online, so it is registered and needs no token. */
  isOnline: boolean;
  /**
   * The stack has created its parameter. Before that, no other code may create
   * it: the `up` would fail because the parameter exists.
   */
  hasParameter: boolean;
}

/**
 * What to do with a machine's token parameter. SSM keeps overwritten values, and
 * shows each version to anyone who may read the parameter. Only deleting the
 * parameter removes them.
 *
 * `renew`: the parameter or an earlier version of it holds a token that the
 * machine has used or does not need · `create`: the parameter is missing,
 * because a run ended between the two calls of a renewal · `leave`: no version
 * holds a token, or the machine may be about to use the present one.
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
 * again with {@link usedToken}. If nothing is left to remove, one call for ten
 * machines shows that.
 *
 * AWS advises half a minute between the two calls, because a parameter that was
 * deleted may be seen for a while. They follow one another at once nevertheless.
 * If the write is refused, or lost with the deletion, there is no parameter. The
 * machine then waits for a token as it does with a used one, and the next run
 * writes the parameter. In between only another `longhaul` can write it: the
 * machine's role depends on a tag that is deleted with the parameter.
 *
 * @returns ids of the machines for which a token was removed
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
    // If it exists by now, another run has created it, with a new token or with the same text as this.
    await secrets.create(name, tokenSecret(place, holder, usedToken));
  }
  return removed;
}
