import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { functionBundle } from "../../components/assets/assets.ts";
import { configurationFile } from "../../contract/names.ts";
import { queueUrlVariable } from "../../contract/receiver.ts";
import type { ReceiverConfiguration } from "../../contract/receiver.ts";
import { createClock } from "../../local/clock.ts";
import { createFunctionHost } from "../../local/functions/host.ts";
import { createFunctionUrls } from "../../local/functions/urls.ts";
import { createReceiver } from "../../runtime/functions/receiver/receiver.ts";
import { isSigned } from "../../runtime/functions/receiver/decide-delivery.ts";
import { table } from "./measure.ts";

/*
 * Webhook deliveries per second on loopback. The receiver's bundle runs as
 * deployed, in one process behind the local cloud's function URL. It handles
 * one delivery after the other, as one warm instance in Lambda does; its AWS is
 * a server in this process that answers at once. For comparison with the same
 * client: a bare HTTP server. Without HTTP: the function alone, and its check
 * of the signature alone.
 */

const seconds = 3;
/** Number of deliveries in progress at once. */
const concurrency = 8;
/** GitHub's payloads have about 20 kB. */
const payloadBytes = 20_000;
/** Number of deliveries that are signed before the measurement, and sent again and again. */
const differentDeliveries = 200;

const secret = "bench-webhook-secret-0123456789abcdef";
const states = ["queued", "in_progress"] as const;

interface Delivery {
  headers: Record<string, string>;
  body: Buffer;
}

export async function webhookTable(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "longhaul-bench-"));
  const aws = await listen(answerAsAws);
  const bare = await listen((message, response) => {
    void buffer(message).then(() => response.writeHead(202).end());
  });
  const host = createFunctionHost({
    dir,
    clock: createClock(join(dir, "clock")),
    path: process.env.PATH ?? "",
  });
  const urls = createFunctionUrls(host);
  try {
    host.deploy({
      name: "receiver",
      handler: "receiver.handler",
      timeoutSeconds: 10,
      files: {
        "receiver.mjs": await readFile(functionBundle("receiver"), "utf8"),
        [configurationFile]: JSON.stringify(configurationOf(aws.url)),
      },
      environment: {
        AWS_ACCESS_KEY_ID: "AKIA",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_SESSION_TOKEN: "token",
        [queueUrlVariable]: `${aws.url}/queue`,
      },
      print: () => undefined,
      ended: () => undefined,
    });
    const url = await urls.open("receiver");
    const kinds = kindsOfDeliveries();
    const alone = receiverAlone();
    const rows: string[][] = [];
    const add = (what: string, kind: string, perSecond: number) => {
      rows.push([what, kind, perSecond.toFixed(0)]);
    };
    add("a bare HTTP server", "any", await postPerSecond(bare.url, kinds.queued, 202));
    for (const [kind, { status }] of Object.entries(expected)) {
      const deliveries = kinds[kind as keyof typeof kinds];
      add("the receiver behind its URL", kind, await postPerSecond(url, deliveries, status));
    }
    for (const [kind, { status }] of Object.entries(expected)) {
      const deliveries = kinds[kind as keyof typeof kinds];
      add(
        "the receiver alone",
        kind,
        await callsPerSecond(deliveries, async (delivery) => (await alone(delivery)) === status),
      );
    }
    add("its check of the signature alone", "any", await callsPerSecond(kinds.queued, checkSignature));
    return table(["what", "deliveries", "per second"], rows);
  } finally {
    urls.stop();
    await host.stop();
    for (const { server } of [aws, bare]) server.close();
    agent.destroy();
    await rm(dir, { recursive: true, force: true });
  }
}

/** The receiver's answer to each kind. */
const expected = { queued: { status: 202 }, in_progress: { status: 202 }, forged: { status: 401 } } as const;

function kindsOfDeliveries(): Record<keyof typeof expected, Delivery[]> {
  const [queued, running] = states.map((state) =>
    Array.from({ length: differentDeliveries }, (_, index) => deliveryOf(state, index, secret)),
  );
  const forged = Array.from({ length: differentDeliveries }, (_, index) =>
    deliveryOf("queued", index, "the secret of another sender, 0123456789"),
  );
  return { queued: queued!, in_progress: running!, forged };
}

function deliveryOf(action: (typeof states)[number], index: number, key: string): Delivery {
  const payload = {
    action,
    workflow_job: {
      id: 29_679_449_526 + index,
      status: action,
      labels: ["self-hosted", "cloud"],
      created_at: new Date(Date.now() - 2000).toISOString(),
      runner_name: action === "queued" ? null : `bench-cloud-1-i-${String(index).padStart(17, "0")}`,
    },
    repository: { full_name: "acme/app" },
    rest: "",
  };
  payload.rest = "x".repeat(payloadBytes - JSON.stringify(payload).length);
  const body = Buffer.from(JSON.stringify(payload));
  return {
    body,
    headers: {
      "content-type": "application/json",
      "content-length": String(body.length),
      "x-github-event": "workflow_job",
      "x-github-delivery": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
      "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
    },
  };
}

function configurationOf(aws: string): ReceiverConfiguration {
  return {
    environment: "bench",
    region: "eu-central-1",
    endpoints: { ssm: aws, dynamodb: aws, sqs: aws },
    table: "longhaul-bench-waiting-jobs",
    secretParameter: "/longhaul/bench/webhook/secret",
    owner: "acme",
    fleets: [{ name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud"] }],
  };
}

/** Answers the request for the parameter with the secret, and everything else with success. */
function answerAsAws(message: IncomingMessage, response: ServerResponse): void {
  void buffer(message).then(() => {
    response.end(message.headers["x-amz-target"] === "AmazonSSM.GetParameter" ? secretAnswer : "{}");
  });
}

const secretAnswer = JSON.stringify({ Parameter: { Value: secret } });

async function listen(
  answer: (message: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; url: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const agent = new Agent({ keepAlive: true, maxSockets: concurrency });

function post(url: string, { headers, body }: Delivery): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { method: "POST", headers, agent, timeout: 10_000 }, (response) => {
      response.resume().once("end", () => {
        resolve(response.statusCode ?? 0);
      });
    })
      .once("error", reject)
      .end(body);
  });
}

/** @throws Error for an unexpected answer, because the figures would then measure something else */
async function postPerSecond(url: string, deliveries: readonly Delivery[], status: number): Promise<number> {
  const send = async (delivery: Delivery) => (await post(url, delivery)) === status;
  for (const delivery of deliveries.slice(0, concurrency)) await send(delivery); // Warm up the server.
  return perSecond(deliveries, send, concurrency);
}

function callsPerSecond(
  deliveries: readonly Delivery[],
  call: (delivery: Delivery) => boolean | Promise<boolean>,
): Promise<number> {
  return perSecond(deliveries, call, 1);
}

async function perSecond(
  deliveries: readonly Delivery[],
  call: (delivery: Delivery) => boolean | Promise<boolean>,
  atOnce: number,
): Promise<number> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      if (!(await call(deliveries[count++ % deliveries.length]!)))
        throw new Error("A delivery got an unexpected answer.");
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count / ((performance.now() - started) / 1000);
}

/** The receiver from its sources, called directly, with an AWS that takes no time. */
function receiverAlone(): (delivery: Delivery) => Promise<number> {
  const handler = createReceiver({
    configuration: configurationOf("http://aws"),
    queueUrl: "http://aws/queue",
    aws: (action) => Promise.resolve(action === "ssm:GetParameter" ? { Parameter: { Value: secret } } : {}),
    now: Date.now,
    log: () => undefined,
  });
  return async ({ headers, body }) => {
    const { statusCode } = await handler({
      requestContext: { http: { method: "POST" } },
      headers,
      body: body.toString("base64"),
      isBase64Encoded: true,
    });
    return statusCode;
  };
}

function checkSignature({ headers, body }: Delivery): boolean {
  return isSigned(body, headers["x-hub-signature-256"]!, secret);
}
