import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { AcquiredJob, RunnerMessage, StepReport } from "../../../local/runner/exchange.ts";

/**
 * A GitHub that serves only the exchange with runners. The test sets what it
 * answers.
 */
export interface FakeGithub {
  url: string;
  /** Each call as `METHOD path`, without the query. Repeated calls are listed once. */
  calls: string[];
  registrationToken: string;
  registered: boolean;
  nameTaken: boolean;
  /** The body of the last registration. */
  registration?: Record<string, unknown>;
  /** Status of the next attempts to create a session; 200 when empty. */
  sessionAnswers: number[];
  /** Status of the next polls. When empty, polls are held open. */
  pollAnswers: number[];
  /** Status of acquisitions and renewals. */
  acquireStatus: number;
  renewStatus: number;
  renewals: number;
  job?: AcquiredJob;
  log: string[];
  steps: StepReport[];
  summary: string;
  result?: string;
  outputs?: Record<string, string>;
  statuses: string[];
  tarball?: Buffer;
  send(type: RunnerMessage["type"], body: RunnerMessage["body"]): void;
  /** Answers open polls at once, as GitHub does when the registration is deleted. */
  wake(): void;
  close(): void;
}

export async function openFakeGithub(): Promise<FakeGithub> {
  const messages: RunnerMessage[] = [];
  const waiting = new Set<() => void>();
  let sent = 0;
  const authorized = `Basic ${Buffer.from("client:secret").toString("base64")}`;

  const answer = async (request: IncomingMessage): Promise<[number, unknown?]> => {
    const url = new URL(request.url!, "http://fake");
    const call = `${request.method!} ${url.pathname}`;
    if (github.calls.at(-1) !== call) github.calls.push(call);
    if (url.pathname.endsWith(".tar.gz")) return [200, github.tarball];
    const body =
      request.method === "POST" ? ((await json(request).catch(() => ({}))) as Record<string, unknown>) : {};
    const { authorization } = request.headers;
    if (url.pathname === "/api/v3/actions/runner-registration") {
      const known = authorization === `RemoteAuth ${github.registrationToken}`;
      return known
        ? [200, { url: `${github.url}/_runner`, token: "bearer" }]
        : [404, { message: "Not Found" }];
    }
    if (call === "POST /_runner/runners") {
      if (authorization !== "Bearer bearer") return [401];
      if (github.nameTaken && body.replace !== true) return [409, { message: "exists" }];
      github.registration = body;
      github.registered = true;
      return [200, { id: 7, name: body.name, credentials: { clientId: "client", secret: "secret" } }];
    }
    if (authorization !== authorized || !github.registered) return [401, { reason: "registration" }];
    if (call === "DELETE /_runner/runners/7") {
      github.registered = false;
      return [204];
    }
    if (call === "POST /_runner/sessions") {
      const status = github.sessionAnswers.shift() ?? 200;
      return [status, status === 200 ? { sessionId: "s1" } : {}];
    }
    if (url.pathname.endsWith("/message")) return poll(request, url.searchParams.get("status")!);
    const action = url.pathname.split("/").at(-1)!;
    if (action === "acquire") return [github.acquireStatus, github.job];
    if (action === "renew") {
      github.renewals++;
      return [github.renewStatus, { lockedUntil: "2030-01-01T00:00:00Z" }];
    }
    if (action === "log") github.log.push(...(body.lines as string[]));
    if (action === "steps") github.steps = body.steps as StepReport[];
    if (action === "summary") github.summary = body.markdown as string;
    if (action === "complete") {
      github.outputs = body.outputs as Record<string, string>;
      github.result = body.result as string;
    }
    return [204];
  };

  const poll = async (request: IncomingMessage, status: string): Promise<[number, unknown?]> => {
    github.statuses.push(status);
    const { socket } = request; // Destroyed when the listener gives up the poll.
    const isIdle = () => messages.length === 0 && github.pollAnswers.length === 0;
    while (github.registered && isIdle() && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        socket.once("close", resolve);
      });
    }
    if (socket.destroyed) return [204];
    if (!github.registered) return [401, { reason: "registration" }];
    if (github.pollAnswers.length > 0) return [github.pollAnswers.shift()!];
    return messages.length > 0 ? [200, messages.shift()] : [204];
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = await answer(request);
    response.writeHead(status, {
      "content-type": Buffer.isBuffer(body) ? "application/gzip" : "application/json",
    });
    response.end(body === undefined ? undefined : Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const github: FakeGithub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    registrationToken: "registration-canary",
    registered: false,
    nameTaken: false,
    sessionAnswers: [],
    pollAnswers: [],
    acquireStatus: 200,
    renewStatus: 200,
    renewals: 0,
    log: [],
    steps: [],
    summary: "",
    statuses: [],
    send(type, body) {
      messages.push({ messageId: ++sent, type, body });
      github.wake();
    },
    wake() {
      waiting.forEach((resume) => {
        resume();
      });
      waiting.clear();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return github;
}
