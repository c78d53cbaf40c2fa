import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { FunctionHost } from "./host.ts";

/** Lambda's limit for a request, in bytes. A larger request is refused before the function sees it. */
const maxRequestBytes = 6 * 1024 * 1024;

/** A function's answer to a request at its URL (payload format 2.0). */
interface UrlAnswer {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Addresses of functions, on loopback. */
export interface FunctionUrls {
  /** @returns the URL, with a slash at its end */
  open(functionName: string): Promise<string>;
  close: (functionName: string) => void;
  stop(): void;
}

export function createFunctionUrls(host: FunctionHost): FunctionUrls {
  const servers = new Map<string, Server>();

  const answer = async (functionName: string, request: IncomingMessage) => {
    const body = await buffer(request);
    if (body.length > maxRequestBytes) return { statusCode: 413 };
    const event = {
      version: "2.0",
      rawPath: request.url ?? "/",
      headers: request.headers,
      requestContext: { http: { method: request.method } },
      body: body.toString("base64"),
      isBase64Encoded: true,
    };
    try {
      return (await host.invoke(functionName, event)) as UrlAnswer;
    } catch {
      return { statusCode: 502 }; // The function's log says why.
    }
  };

  return {
    async open(functionName) {
      const server = createServer((request, response) => {
        void answer(functionName, request).then(
          ({ statusCode = 200, headers = {}, body = "" }: UrlAnswer) => {
            response.writeHead(statusCode, headers).end(body);
          },
        );
      });
      servers.get(functionName)?.close();
      servers.set(functionName, server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    },
    close(functionName) {
      servers.get(functionName)?.close();
      servers.delete(functionName);
    },
    stop() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}
