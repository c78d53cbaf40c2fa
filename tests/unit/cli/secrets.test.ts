import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { secretsOf } from "../../../cli/clients/secrets.ts";

const canary = "AABBCANARY";

/** Answers one request to Systems Manager. */
type Answer = (action: string, body: Record<string, unknown>) => { error?: string; message?: string };

describe("the client of secret parameters", () => {
  let server: Server | undefined;
  let requests: [action: string, body: Record<string, unknown>][] = [];
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
    requests = [];
  });
  const secrets = async (answer: Answer) => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const action = String(request.headers["x-amz-target"]).replace("AmazonSSM.", "");
        const body = JSON.parse(text) as Record<string, unknown>;
        requests.push([action, body]);
        const { error, message } = answer(action, body);
        response.writeHead(error ? 400 : 200, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(error ? { __type: error, message } : {}));
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return secretsOf(
      new SSMClient({
        region: "eu-central-1",
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        credentials: { accessKeyId: "a", secretAccessKey: "b" },
      }),
    );
  };
  const writing = { value: canary, tags: { owner: "mine" } };
  const Tags = [{ Key: "owner", Value: "mine" }];

  it("creates a parameter together with its tags, because no role can read it without them", async () => {
    await (await secrets(() => ({}))).write("/a", writing);
    const put = { Name: "/a", Type: "SecureString", Value: canary, Tags };
    expect(requests.slice(1)).to.deep.equal([["PutParameter", put]]);
  });

  it("overwrites a parameter that was created at the same moment, tags first", async () => {
    const client = await secrets((action, { Overwrite }) =>
      action === "PutParameter" && !Overwrite ? { error: "ParameterAlreadyExists", message: "exists" } : {},
    );
    await client.write("/a", writing);
    expect(requests.slice(2)).to.deep.equal([
      ["AddTagsToResource", { ResourceType: "Parameter", ResourceId: "/a", Tags }],
      ["PutParameter", { Name: "/a", Type: "SecureString", Value: canary, Overwrite: true }],
    ]);
  });

  it("removes the value from a refusal that quotes it", async () => {
    const client = await secrets((action) =>
      action === "PutParameter" ? { error: "ValidationException", message: `'${canary}' at 'value'` } : {},
    );
    const error = await client.write("/a", writing).catch((reason: unknown) => reason as Error);
    expect(error).to.have.property("message").that.includes("'***' at 'value'").and.not.includes(canary);
    expect(inspect((error as Error).cause), "it is kept, for those who look at its class").to.include(
      "ValidationException",
    );
    expect((error as Error).cause)
      .to.have.property("message")
      .that.does.not.include(canary);
  });
});
