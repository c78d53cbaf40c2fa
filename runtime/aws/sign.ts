import { createHash, createHmac } from "node:crypto";
import type { AwsCredentials } from "./credentials.ts";

/** A POST to the root of a service, which is all that the query and JSON protocols need. */
export interface UnsignedRequest {
  /** Base URL of the service, without a path. */
  endpoint: string;
  headers: Record<string, string>;
  body: string;
}

/** What a signature is valid for. */
export interface SigningScope {
  region: string;
  /** The service's name in scopes, for example `monitoring`. */
  service: string;
  /** Milliseconds since the epoch. */
  now: number;
}

const algorithm = "AWS4-HMAC-SHA256";

/**
 * Signs a request with AWS Signature Version 4 and returns all its headers.
 *
 * aws4fetch does the same, but adds 2.3 KB to the packed agent and, by its
 * `Headers`, takes 8 MB of the machine's memory. A test checks that both make
 * the same signatures.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signRequest(
  { endpoint, headers, body }: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, now }: SigningScope,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const signed: Record<string, string> = {
    ...headers,
    "x-amz-date": time,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const names = ["host", ...Object.keys(signed)].sort();
  const host = new URL(endpoint).host;
  const canonical = [
    "POST",
    "/",
    "",
    ...names.map((name) => `${name}:${name === "host" ? host : signed[name]!.trim()}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const scope = [time.slice(0, 8), region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, [algorithm, time, scope.join("/"), sha256(canonical)].join("\n")).toString(
    "hex",
  );
  return {
    ...signed,
    authorization: `${algorithm} Credential=${accessKeyId}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
