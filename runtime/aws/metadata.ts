import { Failure } from "../../contract/failure.ts";
import type { Send } from "./http.ts";

/** The address of EC2's instance metadata service. */
export const metadataEndpoint = "http://169.254.169.254";

const timeoutMs = 5000;
/** Six hours, the longest time that the service allows. */
const sessionSeconds = 21_600;

/** Reads a path below `/latest/`, for example `meta-data/instance-id`. Rejects unless the answer is 200. */
export type ReadMetadata = (path: string) => Promise<string>;

/** A reader of the instance metadata service, version 2: every read carries a session token. */
export function metadataReader(endpoint: string, send: Send): ReadMetadata {
  let session: string | undefined;

  const open = async (): Promise<string> => {
    const { status, body } = await send({
      method: "PUT",
      url: `${endpoint}/latest/api/token`,
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(sessionSeconds) },
      timeoutMs,
    });
    if (status !== 200) throw new Failure(`The metadata service refused a session token with ${status}.`);
    return body;
  };

  const read = async (path: string) =>
    send({
      method: "GET",
      url: `${endpoint}/latest/${path}`,
      headers: { "x-aws-ec2-metadata-token": (session ??= await open()) },
      timeoutMs,
    });

  return async (path) => {
    let response = await read(path);
    if (response.status === 401) {
      session = undefined; // The token has expired.
      response = await read(path);
    }
    if (response.status !== 200) {
      throw new Failure(`The metadata service answered ${response.status} for ${path}.`);
    }
    return response.body;
  };
}
