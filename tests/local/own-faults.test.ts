import { credentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { Failure } from "../../contract/failure.ts";
import { serveProvider } from "../../local/engine/provider-server.ts";
import { eventually } from "../environment.ts";
import { startTestCloud } from "./aws/cloud.ts";
import type { TestCloud } from "./aws/cloud.ts";

/** What anything at all does where the code is wrong. */
const wrong = () => (undefined as unknown as string[]).length;
const stack = /^TypeError: .*\n +at /;

describe("a fault of the local AWS leaves its stack in the log", () => {
  let cloud: TestCloud;
  let log: string[];
  beforeEach(async () => {
    log = [];
    cloud = await startTestCloud({ log: (text) => log.push(text) });
  });
  afterEach(() => cloud.close());

  it("of a call, and tells the caller that there is one", async () => {
    const { instances } = cloud.aws.account;
    instances["i-0123456789abcdef0"] = undefined as never;
    const error = await cloud
      .clients()
      .ec2.send(new DescribeInstancesCommand({}))
      .catch((reason: unknown) => reason);
    expect(error)
      .to.include({ name: "InternalFailure" })
      .and.have.property("message", "Longhaul has a fault of its own (TypeError); its log has the stack.");
    expect(log).to.have.length(1);
    expect(log[0]).to.match(stack);
  });

  it("of a machine's start, and has the state reason say that there is one", async () => {
    cloud.host.start = () => Promise.resolve().then(wrong) as Promise<never>;
    await cloud.machine().catch(() => undefined);
    await eventually("the fault is logged", () => log.length > 0);
    expect(log[0]).to.match(stack);
    expect(cloud.aws.instances().map(({ stateReason }) => stateReason?.message)).to.deep.equal([
      "Server.InternalError: Longhaul has a fault of its own (TypeError); its log has the stack.",
    ]);
  });
});

describe("a local provider", () => {
  async function invoke(call: () => never): Promise<{ details: string; log: string[] }> {
    const log: string[] = [];
    const server = await serveProvider(
      { types: {}, functions: { "x:y:z": async () => Promise.resolve(call()) } },
      (text) => log.push(text),
    );
    const client = new services.ResourceProviderClient(
      `127.0.0.1:${server.port}`,
      credentials.createInsecure(),
    );
    const details = await new Promise<string>((resolve) => {
      client.invoke(new messages.InvokeRequest().setTok("x:y:z"), (error) => {
        resolve(error?.details ?? "no error");
      });
    });
    client.close();
    server.close();
    return { details, log };
  }

  it("reports a refusal to the engine in its own sentence, and logs nothing", async () => {
    const answer = await invoke(() => {
      throw new Failure("GitHub answers 404.");
    });
    expect(answer).to.deep.equal({ details: "GitHub answers 404.", log: [] });
  });

  it("reports to the engine that it has a fault, and logs the stack", async () => {
    const { details, log } = await invoke(wrong as () => never);
    expect(details).to.equal("Longhaul has a fault of its own (TypeError); its log has the stack.");
    expect(log).to.have.length(1);
    expect(log[0]).to.match(stack);
  });
});
