import { isObject } from "../../../contract/json.ts";

export interface UrlAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** A request as the receiver judges it. */
export interface DeliveryRequest {
  /** Undefined: the event is not a request to a function URL. Callers of the function can send any event. */
  method: string | undefined;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they were sent; undefined if there are more than {@link maxBodyBytes}. */
  body: Uint8Array | undefined;
}

/**
 * The largest body that is read. GitHub's limit is 25 MB and Lambda's is 6 MB. A
 * `workflow_job` has some 20 kB. A `completed` also has all the steps of its job,
 * some 240 bytes each, and must not be refused: without it, the job's machine
 * counts as busy for days.
 */
export const maxBodyBytes = 2 * 1024 * 1024;

/** Reads the request from Lambda's event for a function URL (payload format 2.0). */
export function requestOf(event: unknown): DeliveryRequest {
  const { requestContext, headers: sent, body, isBase64Encoded } = isObject(event) ? event : {};
  const http = isObject(requestContext) ? requestContext.http : undefined;
  const method = isObject(http) && typeof http.method === "string" ? http.method : undefined;
  const headers = Object.fromEntries(
    Object.entries(isObject(sent) ? sent : {}).filter(
      (header): header is [string, string] => typeof header[1] === "string",
    ),
  );
  return { method, headers, body: bytesOf(typeof body === "string" ? body : "", isBase64Encoded === true) };
}

function bytesOf(body: string, isBase64: boolean): Uint8Array | undefined {
  // Checked before decoding, so that a huge body is never decoded: no body of at most `maxBodyBytes` has more characters.
  if (body.length > (isBase64 ? Math.ceil(maxBodyBytes / 3) * 4 : maxBodyBytes)) return undefined;
  const bytes = Buffer.from(body, isBase64 ? "base64" : "utf8");
  return bytes.length > maxBodyBytes ? undefined : bytes;
}

export function answerOf(statusCode: number, text: string): UrlAnswer {
  // A 204 has no body.
  return statusCode === 204
    ? { statusCode, headers: {}, body: "" }
    : { statusCode, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}
