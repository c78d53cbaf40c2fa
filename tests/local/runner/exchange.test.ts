import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { bodyOf, createCall, readAcquiredJob } from "../../../local/runner/exchange.ts";

describe("a call of the stand-in runner", () => {
  let server: Server;
  let answer: { status: number; text: string };
  let call: ReturnType<typeof createCall>;
  before(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.text);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    call = createCall(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "Basic");
  });
  after(() => server.close());

  const read = bodyOf<{ sessionId: string }>({ sessionId: "text" });

  it("reads the body of an answer, and of no refusal", async () => {
    answer = { status: 200, text: '{"sessionId":"s"}' };
    expect(await call("POST", "/", { read })).to.deep.equal({
      status: 200,
      body: { sessionId: "s" },
      text: answer.text,
    });
    answer = { status: 404, text: '{"message":"Not Found"}' };
    expect(await call("POST", "/", { read })).to.deep.equal({
      status: 404,
      body: undefined,
      text: answer.text,
    });
    answer = { status: 200, text: "" };
    expect((await call("POST", "/", { read })).body).to.equal(undefined);
  });

  for (const [what, text, sentence] of [
    ["is a page", "<html>", "GitHub's answer of 6 characters is not JSON."],
    ["is a list", "[]", "it must be an object and is a list of 0"],
    ["lacks a field", "{}", "sessionId is missing"],
    ["has a field of another kind", '{"sessionId":7}', "sessionId must be a text and is 7"],
  ] as const) {
    it(`fails if the answer ${what}`, async () => {
      answer = { status: 200, text };
      const error = await call("POST", "/", { read }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Failure).with.property("message").include(sentence);
    });
  }
});

describe("the job that a runner acquires", () => {
  const job = {
    requestId: "r",
    runId: 1,
    runNumber: 1,
    runAttempt: 1,
    jobId: 2,
    planGuid: "p",
    jobGuid: "j",
    jobKey: "key",
    jobName: "name",
    repository: "acme/app",
    workflow: "work",
    workflowText: "on: push",
    ref: "refs/heads/main",
    sha: "0",
    actor: "ada",
    event: "push",
    inputs: { minutes: "2", fast: true, size: 3 },
    labels: ["self-hosted"],
    serverUrl: "http://127.0.0.1",
    apiUrl: "http://127.0.0.1/api/v3",
    token: "canary",
  };

  it("is read with inputs of every kind", () => {
    expect(readAcquiredJob(job)).to.deep.equal(job);
  });

  for (const [sentence, change] of [
    ["labels must be a list", { labels: "self-hosted" }],
    ["runId must be a number", { runId: "1" }],
    ["token must be a text and is something else", { token: ["canary"] }],
    ["inputs.minutes must be a text, a number, or true or false", { inputs: { minutes: null } }],
    ["needs.build.outputs is missing", { needs: { build: { result: "success" } } }],
  ] as const) {
    it(`is refused by name: ${sentence}`, () => {
      expect(() => readAcquiredJob({ ...job, ...change }))
        .to.throw(Failure, sentence)
        .with.property("message")
        .not.include("canary");
    });
  }
});
