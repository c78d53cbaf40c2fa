import { Failure } from "../../../contract/failure.ts";
import type { CallAws } from "../../aws/client.ts";
import { parameterIn } from "../../aws/parameters.ts";

/** How old a secret must be before a signature that does not match is a reason to read it again. */
const rereadAfterMs = 60_000;

/** GitHub accepts any text, and our secrets have 64 digits. A shorter text than this is something other than a secret. */
const shortestSecret = 32;

export interface WebhookSecret {
  /** The secret, read once. @throws Error when it cannot be read */
  current(): Promise<string>;
  /**
   * Reads the secret again, after a signature that did not match. Undefined if the
   * secret is unchanged, or was read less than a minute ago: forged deliveries
   * cause at most one call a minute.
   */
  renewed(): Promise<string | undefined>;
}

/** @param now milliseconds since the epoch */
export function webhookSecret(
  parameter: string,
  call: CallAws<"ssm:GetParameter">,
  now: () => number,
): WebhookSecret {
  let held: { value: string; askedAt: number } | undefined;

  const read = async (): Promise<string> => {
    const askedAt = now();
    const value = parameterIn(await call("ssm:GetParameter", { Name: parameter, WithDecryption: true }));
    if (value.length < shortestSecret) {
      throw new Failure(
        `${parameter} holds ${value.length} characters; a webhook's secret has at least ${shortestSecret}.`,
      );
    }
    held = { value, askedAt };
    return value;
  };

  return {
    current: async () => held?.value ?? (await read()),
    renewed: async () => {
      if (held && now() - held.askedAt < rereadAfterMs) return undefined;
      const before = held?.value;
      if (held) held.askedAt = now(); // Also when the reading fails.
      const value = await read();
      return value === before ? undefined : value;
    },
  };
}
