import { expect } from "chai";
import { receiverStatements } from "../../../components/wake-on-demand/receiver-policy.ts";
import { waitingJobsTable } from "../../../contract/names.ts";
import { awsClient } from "../../../runtime/aws/client.ts";
import type { CallAws } from "../../../runtime/aws/client.ts";
import { sendHttp } from "../../../runtime/aws/http.ts";
import { readJobs, writeJobState, writeJobWake } from "../../../runtime/functions/job-table.ts";
import type { JobReport } from "../../../runtime/functions/job-table.ts";
import { account, refusal, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

type Call = CallAws<`dynamodb:${string}` | `sqs:${string}`>;

const table = waitingJobsTable("dev");
const now = Date.UTC(2026, 4, 1);
const job: JobReport = {
  id: "7",
  repository: "acme/app",
  labels: ["self-hosted", "cloud"],
  state: "queued",
  queuedAt: now / 1000,
};

/** The permissions of a receiver, and those of a controller besides. */
function policyOf(queueArn: string) {
  const statements = receiverStatements("dev", { account, region }, queueArn);
  const tables = `arn:aws:dynamodb:${region}:${account}:table/${table}`;
  const read = { Sid: "Read", Effect: "Allow", Action: ["dynamodb:Scan"], Resource: [tables] };
  const receive = {
    Sid: "Receive",
    Effect: "Allow",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
    Resource: [queueArn],
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [...statements, read, receive] });
}

describe("the functions' calls at the local AWS", () => {
  let cloud: TestCloud;
  let call: Call;
  let queue: { url: string; arn: string };

  beforeEach(async () => {
    cloud = await startTestCloud();
    await cloud.make("table", { name: table, hashKey: "id" });
    const dead = (await cloud.make("queue", { name: "dead" })).state;
    const redrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    const { state } = await cloud.make("queue", {
      name: "controller",
      visibilityTimeoutSeconds: 20,
      redrivePolicy,
    });
    queue = { url: String(state.url), arn: String(state.arn) };
    await cloud.make("rolePolicy", { role: "machines", name: "functions", policy: policyOf(queue.arn) });
    const key = cloud.aws.credentialsOf((await cloud.machine()).id)!;
    call = awsClient({
      region,
      endpoints: { dynamodb: cloud.url, sqs: cloud.url },
      credentials: () => Promise.resolve({ ...key, sessionToken: key.token! }),
      send: sendHttp,
      clock: { now: Date.now, sleep: () => Promise.resolve() },
      random: () => 0,
    });
  });
  afterEach(() => cloud.close());

  const write = (state: JobReport["state"], more: Partial<JobReport> = {}) =>
    writeJobState(table, { ...job, state, ...more }, now, call);

  describe("the table of waiting jobs", () => {
    it("returns a job as it was written", async () => {
      expect(await write("queued")).to.equal("written");
      expect(await readJobs(table, call)).to.deep.equal([
        { ...job, at: now / 1000, expiresAt: now / 1000 + 86_400, wakes: 0 },
      ]);
    });

    it("shows a write to a consistent read at once, and to another one a second later", async () => {
      await write("queued");
      const count = async (more: object) =>
        ((await call("dynamodb:Scan", { TableName: table, ...more })) as { Count: number }).Count;
      expect(await count({})).to.equal(0);
      expect(await count({ ConsistentRead: true })).to.equal(1);
      cloud.passWireSeconds(1);
      expect(await count({})).to.equal(1);
    });

    it("only advances states, in whatever order and however often they arrive", async () => {
      const outcomes = [];
      for (const state of [
        "in_progress",
        "queued",
        "in_progress",
        "completed",
        "in_progress",
        "queued",
      ] as const)
        outcomes.push(await write(state, { runner: "dev-cloud-1-i-0a" }));
      expect(outcomes).to.deep.equal(["written", "behind", "behind", "written", "behind", "behind"]);
      expect((await readJobs(table, call)).map(({ state }) => state)).to.deep.equal(["completed"]);
    });

    it("keeps a `completed` event that overtook its `queued` event as a tombstone", async () => {
      expect([await write("completed"), await write("queued")]).to.deep.equal(["written", "behind"]);
    });

    it("counts a wake once, even if several controllers made it", async () => {
      const wake = { id: "7", wakesBefore: 0, instanceId: "i-0a" };
      await write("queued");
      const first = [await writeJobWake(table, wake, now, call), await writeJobWake(table, wake, now, call)];
      expect(first).to.deep.equal(["written", "behind"]);
      expect(await writeJobWake(table, { ...wake, wakesBefore: 1 }, now, call)).to.equal("written");
      expect((await readJobs(table, call))[0]).to.include({
        wakes: 2,
        wokenAt: now / 1000,
        wokenMachine: "i-0a",
      });
    });

    it("counts no wake on a job that has begun meanwhile, or that is unknown", async () => {
      const wake = { wakesBefore: 0, instanceId: "i-0a" };
      await write("in_progress");
      expect(await writeJobWake(table, { id: "7", ...wake }, now, call)).to.equal("behind");
      expect(await writeJobWake(table, { id: "8", ...wake }, now, call)).to.equal("behind");
      expect(await readJobs(table, call)).to.have.length(1);
    });

    it("is read whole, page by page", async () => {
      const labels = Array.from({ length: 90 }, (_, index) => `${"x".repeat(200)}${index}`);
      for (let id = 1; id <= 120; id++) await write("queued", { id: String(id), labels });
      expect(await readJobs(table, call)).to.have.length(120);
      const scans = cloud.aws.calls().filter(({ action }) => action === "dynamodb:Scan");
      expect(scans.length).to.be.greaterThan(1);
    });

    it("refuses what DynamoDB refuses", async () => {
      const update = {
        TableName: table,
        Key: { id: { S: "7" } },
        UpdateExpression: "SET #a = :a",
        ExpressionAttributeNames: { "#a": "a" },
        ExpressionAttributeValues: { ":a": { S: "" } },
      };
      const refused = async (more: object) => refusal(call("dynamodb:UpdateItem", { ...update, ...more }));
      expect(await refused({ ExpressionAttributeNames: { "#a": "a", "#b": "b" } })).to.include("unused");
      expect(await refused({ ExpressionAttributeNames: { "#a": "id" } })).to.include("part of the key");
      expect(await refused({ UpdateExpression: "REMOVE #a" })).to.include("ValidationException");
      expect(await refused({ ConditionExpression: "size(#a) > :a" })).to.include("ValidationException");
      expect(await refused({ Key: { other: { S: "7" } } })).to.include("key element");
      expect(await refused({ TableName: "other" })).to.include("AccessDenied");
    });
  });

  describe("the controller's queue", () => {
    const send = (body: string) => call("sqs:SendMessage", { QueueUrl: queue.url, MessageBody: body });
    const receive = async () => {
      const answer = await call("sqs:ReceiveMessage", { QueueUrl: queue.url, MaxNumberOfMessages: 10 });
      return (answer as { Messages: { Body: string; ReceiptHandle: string }[] }).Messages;
    };

    it("delivers a message to one receiver at a time, until it is deleted", async () => {
      await send("a");
      const [first] = await receive();
      expect(first!.Body).to.equal("a");
      expect(await receive()).to.deep.equal([]);
      cloud.passWireSeconds(20);
      const [again] = await receive();
      await call("sqs:DeleteMessage", { QueueUrl: queue.url, ReceiptHandle: first!.ReceiptHandle });
      expect(cloud.aws.queues.messages(queue.url)).to.have.length(1);
      await call("sqs:DeleteMessage", { QueueUrl: queue.url, ReceiptHandle: again!.ReceiptHandle });
      expect(cloud.aws.queues.messages(queue.url)).to.deep.equal([]);
    });

    it("puts a message aside that was received twice without success", async () => {
      await send("poison");
      for (let count = 0; count < 2; count++) {
        expect(await receive()).to.have.length(1);
        cloud.passWireSeconds(20);
      }
      expect(await receive()).to.deep.equal([]);
      expect(cloud.aws.queues.messages(queue.url)).to.deep.equal([]);
      expect(cloud.aws.queues.messages("arn:aws:sqs:r:1:dead").map(({ body }) => body)).to.deep.equal([
        "poison",
      ]);
    });

    it("is gone with its messages when it is deleted", async () => {
      await send("a");
      await cloud.remove("queue", queue.url);
      expect(await refusal(send("b"))).to.include("QueueDoesNotExist");
      await cloud.make("queue", { name: "controller" });
      expect(cloud.aws.queues.receive(queue.arn, 10)).to.deep.equal([]);
    });
  });
});
