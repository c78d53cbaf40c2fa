import { gunzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { sentenceOf } from "../../contract/failure.ts";
import { EmulatedAwsError } from "./errors.ts";
import type { RequestContext } from "./iam.ts";
import type { Input } from "./input.ts";
import { authenticate, authorise } from "./principals.ts";
import type { Principal, SignedRequest, SigningScope } from "./principals.ts";
import { ec2Protocol, jsonProtocol, queryProtocol } from "./protocols.ts";
import type { Protocol } from "./protocols.ts";
import type { Cloud } from "./state.ts";

/** One API action. */
export interface Action {
  run(input: Input, caller: Principal): Input | Promise<Input>;
  /** What the caller needs a permission for. Default: the action on `*`. */
  needs?(input: Input): Need[];
}

/** A permission: a resource's ARN, its condition keys, and an action if it is not the called one. */
export interface Need {
  resource: string;
  context?: RequestContext;
  action?: string;
}

export type Actions = Readonly<Record<string, Action>>;

export interface Service extends SigningScope {
  /** Prefix of its actions in policies. */
  prefix: string;
  actions: Actions;
}

/** A call that was answered, for tests. */
export interface CallRecord {
  /** For example `ssm:GetParameter`. */
  action: string;
  /** ARN of the caller; absent when the caller was not recognised. */
  caller?: string;
  /** AWS's error code; absent when the call succeeded. */
  error?: string;
}

export type ServiceName = "ec2" | "sts" | "monitoring" | "ssm" | "logs" | "dynamodb" | "sqs" | "budgets";

/** The service of a request, by the query's Version or the prefix of `X-Amz-Target`. */
const routes: Record<string, { service: ServiceName; protocol: Protocol }> = {
  "2016-11-15": { service: "ec2", protocol: ec2Protocol },
  "2011-06-15": { service: "sts", protocol: queryProtocol },
  "2010-08-01": { service: "monitoring", protocol: queryProtocol },
  GraniteServiceVersion20100801: { service: "monitoring", protocol: jsonProtocol },
  AmazonSSM: { service: "ssm", protocol: jsonProtocol },
  Logs_20140328: { service: "logs", protocol: jsonProtocol },
  DynamoDB_20120810: { service: "dynamodb", protocol: jsonProtocol },
  AmazonSQS: { service: "sqs", protocol: jsonProtocol },
  AWSBudgetServiceGateway: { service: "budgets", protocol: jsonProtocol },
};

/** Serves all services on one free port of loopback. */
export async function serveApi(
  cloud: Cloud,
  services: Record<ServiceName, Service>,
  record: (call: CallRecord) => void,
): Promise<{ url: string; close: () => Promise<void> }> {
  const handle = async (incoming: Request): Promise<Response> => {
    const request = {
      method: incoming.method,
      url: incoming.url,
      headers: incoming.headers,
      body: Buffer.from(await incoming.arrayBuffer()),
    };
    return answer(cloud, services, record, request);
  };
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: handle, port: 0, hostname: "127.0.0.1" }, (address: AddressInfo) => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => {
            closed();
          });
          if ("closeAllConnections" in server) server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${address.port}`, close });
    });
    server.once("error", reject);
  });
}

async function answer(
  cloud: Cloud,
  services: Record<ServiceName, Service>,
  record: (call: CallRecord) => void,
  request: SignedRequest,
): Promise<Response> {
  const recognised = recognise(request);
  if (!recognised)
    return new Response("No service of the local cloud answers this request.", { status: 404 });
  const { protocol, action, query } = recognised;
  const service = services[recognised.service];
  const full = `${service.prefix}:${action}`;
  let caller: Principal | undefined;
  try {
    caller = await authenticate(cloud, service, request, protocol);
    const entry = service.actions[action];
    if (!entry) {
      throw new EmulatedAwsError(
        "InvalidAction",
        `The local cloud does not know ${full}: see local/README.md`,
      );
    }
    const input = protocol.decode(query);
    const needs = entry.needs?.(input) ?? [{ resource: "*" }];
    authorise(
      cloud,
      caller,
      needs.map((need) => ({ action: full, context: {}, ...need })),
      protocol,
    );
    await cloud.faults.meet(full);
    const response = protocol.result(action, await entry.run(input, caller));
    record({ action: full, caller: caller.arn });
    return response;
  } catch (error) {
    // Any other error is a fault of the emulator. It is reported to the caller, as AWS does with its own.
    const refusal =
      error instanceof EmulatedAwsError
        ? error
        : new EmulatedAwsError("InternalFailure", sentenceOf(error, cloud.log), 500);
    record({ action: full, ...(caller ? { caller: caller.arn } : {}), error: refusal.code });
    return protocol.error(refusal);
  }
}

function recognise(request: SignedRequest) {
  const body = request.headers.get("content-encoding") === "gzip" ? gunzipSync(request.body) : request.body;
  const query = request.method === "GET" ? new URL(request.url).search.slice(1) : body.toString();
  const [target, operation] = (request.headers.get("x-amz-target") ?? "").split(".");
  const parameters = new URLSearchParams(target ? "" : query);
  const route = routes[target ?? ""] ?? routes[parameters.get("Version") ?? ""];
  return route && { ...route, query, action: operation ?? parameters.get("Action") ?? "" };
}
