import { Failure } from "../../contract/failure.ts";
import { parseJson } from "./json.ts";
import type { ReadMetadata } from "./metadata.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Absent: the key is a user's, and no role's. */
  sessionToken?: string;
}

export type CredentialsSource = () => Promise<AwsCredentials>;

/** EC2 has new credentials ready at least five minutes before the old ones expire. */
const refreshBeforeMs = 5 * 60_000;

/**
 * Credentials of the instance's role, from its metadata; asked for again
 * before they expire, and shared by calls that come at once.
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
      if (held && now() < held.expiresAt) return held.credentials; // Still good: the next call asks again.
      throw error;
    }
  };
}

function parseCredentials(text: string, role: string) {
  const answer = parseJson(text) as Record<string, string> | undefined;
  if (answer?.Code !== "Success") {
    throw new Failure(
      `The metadata service has no credentials for the role ${role}: ${answer?.Code ?? "no JSON"}.`,
    );
  }
  return {
    credentials: {
      accessKeyId: answer.AccessKeyId!,
      secretAccessKey: answer.SecretAccessKey!,
      sessionToken: answer.Token!,
    },
    expiresAt: Date.parse(answer.Expiration!),
  };
}

/**
 * Credentials of a Lambda function's role: Lambda puts them into the
 * environment of the process, which does not outlive them.
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
