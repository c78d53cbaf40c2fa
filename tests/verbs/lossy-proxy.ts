import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A proxy that loses the answers of the chosen requests: the server behind it has
 * done what was requested, and the client sees a 502.
 */
export async function startLossyProxy(origin: string, loses: (method: string, path: string) => boolean) {
  let lost = 0;
  const server = createServer((request, response) => {
    void forward(origin, request).then(async (answer) => {
      const isLost = loses(request.method ?? "", request.url ?? "");
      if (isLost) lost += 1;
      const body = isLost ? "Bad Gateway" : await answer.text();
      response.writeHead(isLost ? 502 : answer.status, {
        "content-type": isLost ? "text/plain" : (answer.headers.get("content-type") ?? "application/json"),
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lost: () => lost,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function forward(origin: string, request: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = "GET", url = "/", headers } = request;
  return fetch(`${origin}${url}`, {
    method,
    headers: { authorization: headers.authorization ?? "", "content-type": "application/json" },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
}
