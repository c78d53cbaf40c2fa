import { Failure } from "../../contract/failure.ts";
import { parseObject } from "../../contract/json.ts";
import { printable } from "../../contract/printable.ts";
import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";
import type { ReadMetadata } from "./metadata.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Absent if the key belongs to a user and not to a role. */
  sessionToken?: string;
}

export type CredentialsSource = () => Promise<AwsCredentials>;

/** EC2 has new credentials ready at least five minutes before the old ones expire. */
const refreshBeforeMs = 5 * 60_000;

/**
 * Credentials of the instance's role, from its metadata. They are read again
 * before they expire. Calls at the same time share one read.
 *
 * @param now milliseconds since the epoch
 */
export function instanceCredentials(read: ReadMetadata, now: () => number): CredentialsSource {
  let held: { credentials: AwsCredentials; expiresAt: number } | undefined;
  let asking: Promise<AwsCredentials> | undefined;

  const ask = async (): Promise<AwsCredentials> => {
    const path = "meta-data/iam/security-credentials/";
    const role = (await read(path)).trim();
    held = parseCredentials(await read(path + role), role);
    return held.credentials;
  };

  return async () => {
    if (held && now() < held.expiresAt - refreshBeforeMs) return held.credentials;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    try {
      return await asking;
    } catch (error) {
      if (held && now() < held.expiresAt) return held.credentials; // Still valid: the next call asks again.
      throw error;
    }
  };
}

/** The fields of the metadata service's answer for a role that are read here. */
interface RoleCredentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  Token: string;
  /** ISO 8601 in UTC. */
  Expiration: string;
}

const shape: Shape<RoleCredentials> = {
  AccessKeyId: "text",
  SecretAccessKey: "secret",
  Token: "secret",
  Expiration: "time",
};

function parseCredentials(text: string, role: string) {
  const code = parseObject(text)?.Code;
  if (code !== "Success") {
    const why = typeof code === "string" ? printable(code) : "its answer has no Code";
    throw new Failure(`The metadata service has no credentials for the role ${role}: ${why}.`);
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parseShape<RoleCredentials>(text, shape, {
    subject: `The metadata service's answer for the role ${role}`,
    remedy: "The next call asks again.",
  });
  return {
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
    expiresAt: Date.parse(Expiration),
  };
}

/**
 * Credentials of a Lambda function's role. Lambda puts them into the
 * environment of the process and ends the process before they expire.
 *
 * @throws Error when the environment has none
 */
export function functionCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): CredentialsSource {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment;
  if (!accessKeyId || !secretAccessKey || !sessionToken) {
    throw new Failure(
      "The environment has no credentials of a function's role: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
    );
  }
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  return () => Promise.resolve(credentials);
}
