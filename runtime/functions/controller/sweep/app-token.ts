import { createPrivateKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { SweepConfiguration } from "../../../../contract/controller.ts";
import { Failure } from "../../../../contract/failure.ts";
import { isObject } from "../../../../contract/json.ts";
import type { CallAws } from "../../../aws/client.ts";
import { parseJson } from "../../../aws/json.ts";
import { parameterIn } from "../../../aws/parameters.ts";
import { GithubRefusal } from "./ask.ts";
import type { Ask } from "./ask.ts";

/**
 * Seconds before and after now between which a claim holds. GitHub refuses one
 * that was issued in its future or lasts for more than ten minutes, by its own
 * clock: both sides leave room for ours to be wrong.
 *
 * @see https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
const claim = { beforeSeconds: 60, afterSeconds: 540 };

/** The only permission that the sweep requests. GitHub also grants every App the permission to read names (`metadata`). */
const permissions = { actions: "read" };

/**
 * The App's private key. No error of this function quotes what the parameter holds.
 *
 * @throws AwsError when the parameter cannot be read; Error when it holds no RSA key
 */
export async function readAppKey(parameter: string, call: CallAws<"ssm:GetParameter">): Promise<KeyObject> {
  const pem = parameterIn(await call("ssm:GetParameter", { Name: parameter, WithDecryption: true }));
  const key = privateKeyIn(pem);
  if (key?.asymmetricKeyType === "rsa") return key;
  throw new Failure(`${parameter} holds no RSA private key; store the App's with \`longhaul app-key\`.`);
}

/** The parser's own error is not passed on, because it may quote the key. */
function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/**
 * The JSON web token by which an App says who it is.
 *
 * @param now milliseconds since the epoch
 */
export function appClaim(appId: number, key: KeyObject, now: number): string {
  const seconds = Math.floor(now / 1000);
  const parts = [
    { alg: "RS256", typ: "JWT" },
    { iat: seconds - claim.beforeSeconds, exp: seconds + claim.afterSeconds, iss: String(appId) },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
}

/**
 * An installation's token that can read the runs of these repositories, and
 * nothing else. It is valid for an hour. GitHub refuses the request if the
 * installation lacks one of the repositories. The token is then requested for all
 * repositories that the installation has, so that the others can still be swept.
 *
 * @returns `isForAll`: it is for all repositories of the installation
 * @throws what `ask` does; Error when there is no token in the answer
 */
export async function installationToken(
  { app, repositories }: Pick<SweepConfiguration, "app" | "repositories">,
  key: KeyObject,
  now: number,
  ask: Ask,
): Promise<{ text: string; isForAll: boolean }> {
  let isForAll = false;
  const request = (scope: object) =>
    ask(`/app/installations/${app.installationId}/access_tokens`, {
      authorization: appClaim(app.id, key, now),
      body: JSON.stringify({ ...scope, permissions }),
    });
  const answer = await request({ repositories }).catch((error: unknown) => {
    if (!(error instanceof GithubRefusal && error.status === 422)) throw error;
    isForAll = true;
    return request({});
  });
  const token = parseJson(answer);
  if (isObject(token) && typeof token.token === "string") return { text: token.token, isForAll };
  throw new Failure("GitHub answered the request for an installation's token without one.");
}
