/** What Lambda hands over for a request to a function URL (payload format 2.0), as far as it is used. */
export interface UrlEvent {
  requestContext: { http: { method: string } };
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body?: string;
  isBase64Encoded?: boolean;
}

export interface UrlAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** A request as the receiver judges it. */
export interface DeliveryRequest {
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The very bytes that were sent; undefined when there are more than the receiver reads. */
  body: Uint8Array | undefined;
}

/**
 * The largest body that is read. GitHub's limit is 25 MB and Lambda's is 6; a
 * `workflow_job` has some 20 kB, and 100 labels of full length add 26.
 */
export const maxBodyBytes = 256 * 1024;

export function requestOf({
  requestContext,
  headers,
  body = "",
  isBase64Encoded,
}: UrlEvent): DeliveryRequest {
  const { method } = requestContext.http;
  // No encoding has fewer characters than three quarters of its bytes' number, so this is safe before decoding.
  if (body.length > (isBase64Encoded ? Math.ceil(maxBodyBytes / 3) * 4 : maxBodyBytes)) {
    return { method, headers, body: undefined };
  }
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  return { method, headers, body: bytes.length > maxBodyBytes ? undefined : bytes };
}

export function answerOf(statusCode: number, text: string): UrlAnswer {
  // A 204 has no body.
  return statusCode === 204
    ? { statusCode, headers: {}, body: "" }
    : { statusCode, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}
