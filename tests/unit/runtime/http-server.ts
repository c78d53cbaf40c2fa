import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface ScriptedAnswer {
  status?: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
  /** `never`: the connection stays silent. `cut`: it is closed after the body's first half. */
  fails?: "never" | "cut" | "reset";
}

/** A real server on loopback that gives scripted answers and records its requests. */
export interface ScriptedServer {
  url: string;
  requests: ReceivedRequest[];
  close(): void;
}

export async function startServer(
  answer: (request: ReceivedRequest, count: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    void text(incoming).then(async (body) => {
      const { method = "", url: path = "", headers } = incoming;
      const request = { method, path, headers, body };
      requests.push(request);
      const given = await answer(request, requests.length);
      if (given.fails === "never") return;
      if (given.fails === "reset") {
        incoming.socket.destroy();
        return;
      }
      const content = Buffer.from(given.body ?? "");
      response.writeHead(given.status ?? 200, { "content-length": content.length, ...given.headers });
      if (given.fails === "cut") {
        response.write(content.subarray(0, content.length / 2), () => incoming.socket.destroy());
      } else {
        response.end(content);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
