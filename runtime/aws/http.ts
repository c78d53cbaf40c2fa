import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { Failure, ownWords } from "../../contract/failure.ts";

export interface HttpRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Milliseconds for the whole exchange. */
  timeoutMs: number;
}

export interface HttpResponse {
  status: number;
  body: string;
}

/** Sends one request. Rejects with a Failure when there is no answer in time. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * Sends with Node's own http, because the global `fetch` alone takes 10 MB of
 * the machine's memory. With `NODE_USE_ENV_PROXY=1` Node 24 uses the proxy
 * that its environment names.
 */
export const sendHttp: Send = ({ method, url, headers, body, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const { request } = url.startsWith("https:") ? https : http;
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error) => {
      const words = signal.aborted ? `no answer within ${timeoutMs} ms` : ownWords(error);
      reject(new Failure(words, { cause: error }));
    };
    request(url, { method, headers, signal }, (response) => {
      text(response).then((received) => {
        resolve({ status: response.statusCode ?? 0, body: received });
      }, fail);
    })
      .once("error", fail)
      .end(body);
  });
