import { expect } from "chai";
import { receiverConfiguration } from "../../components/wake-on-demand/receiver-configuration.ts";
import { receiverStatements } from "../../components/wake-on-demand/receiver-policy.ts";
import { loadConfiguration } from "../../config/load.ts";
import type { ReceiverCall } from "../../contract/receiver.ts";
import { parseJobMessage } from "../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../contract/waiting-jobs.ts";
import { awsClient } from "../../runtime/aws/client.ts";
import { sendHttp } from "../../runtime/aws/http.ts";
import { decideDemand } from "../../runtime/functions/controller/demand.ts";
import { readJobs } from "../../runtime/functions/job-table.ts";
import { createReceiver } from "../../runtime/functions/receiver/receiver.ts";
import { startServer } from "../unit/runtime/http-server.ts";
import type { ReceivedRequest, ScriptedServer } from "../unit/runtime/http-server.ts";
import { account, region, startTestCloud } from "./aws/cloud.ts";
import type { TestCloud } from "./aws/cloud.ts";
import { acme, startGithub, until } from "./github/cloud.ts";
import type { StartedGithub } from "./github/cloud.ts";
import { connect } from "./github/scripted-runner.ts";

const secret = "canary-webhook-secret-0123456789abcdef";
const configuration = loadConfiguration("dev", {
  aws: { account, region },
  github: { repository: "acme/app" },
  fleets: { cloud: { labels: ["cloud"] } },
  wakeOnDemand: { enabled: true },
});
const workflow = (runsOn: string) =>
  `on: workflow_dispatch\njobs: { one: { runs-on: ${runsOn}, steps: [{ run: "true" }] } }\n`;

/** GitHub, the receiver and AWS, each over HTTP. */
describe("from a queued job to the machines to start", () => {
  let aws: TestCloud;
  let github: StartedGithub;
  let server: ScriptedServer;
  let queueUrl: string;
  let jobs: () => Promise<WaitingJob[]>;

  beforeEach(async () => {
    [aws, github] = await Promise.all([startTestCloud(), startGithub()]);
    const told = receiverConfiguration("dev", configuration);
    await aws.make("table", { name: told.table, hashKey: "id" });
    await aws.make("parameter", { name: told.secretParameter, type: "SecureString", value: secret });
    const { state } = await aws.make("queue", { name: "controller" });
    queueUrl = String(state.url);
    const policy = receiverStatements("dev", configuration.aws, String(state.arn));
    await aws.make("rolePolicy", {
      role: "machines",
      name: "receiver",
      policy: JSON.stringify({ Version: "2012-10-17", Statement: policy }),
    });
    const key = aws.aws.credentialsOf((await aws.machine()).id)!;
    const handler = createReceiver({
      configuration: told,
      queueUrl,
      aws: awsClient<ReceiverCall>({
        region,
        endpoints: { dynamodb: aws.url, sqs: aws.url, ssm: aws.url },
        credentials: () => Promise.resolve({ ...key, sessionToken: key.token! }),
        send: sendHttp,
        clock: { now: Date.now, sleep: () => Promise.resolve() },
        random: () => 0,
      }),
      now: Date.now,
      log: () => undefined,
    });
    server = await startReceiver(handler);
    await github.octokit.rest.repos.createWebhook({
      ...acme,
      events: ["workflow_job"],
      config: { url: server.url, content_type: "json", secret },
    });
    jobs = () => readTable(aws, told.table);
    for (const [name, runsOn] of Object.entries({ ours: "[self-hosted, Cloud]", hosted: "ubuntu-latest" }))
      github.github.push("acme/app", `.github/workflows/${name}.yml`, workflow(runsOn));
  });
  afterEach(async () => {
    server.close();
    await Promise.all([aws.close(), github.close()]);
  });

  const statuses = () =>
    github.github.deliveries().map(({ event, action, status }) => `${action ?? event} ${status ?? "…"}`);
  const answered = (count: number) =>
    until("the answers", () => statuses().length === count && statuses().every((one) => !one.endsWith("…")));

  it("a job with the fleet's labels is written and announced, one for hosted runners is not", async () => {
    github.github.dispatch("acme/app", "ours.yml");
    github.github.dispatch("acme/app", "hosted.yml");
    await answered(3);
    expect(statuses().sort()).to.deep.equal(["ping 200", "queued 202", "queued 204"]);
    const [job] = await jobs();
    expect(job).to.deep.include({
      state: "queued",
      repository: "acme/app",
      labels: ["self-hosted", "Cloud"],
    });
    expect(aws.aws.queues.messages(queueUrl).map(({ body }) => parseJobMessage(body)?.id)).to.deep.equal([
      job!.id,
    ]);
    const { starts } = decideDemand({
      jobs: await jobs(),
      fleets: [{ name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud"], roster: ["i-0a"] }],
      machines: [
        {
          instanceId: "i-0a",
          name: "dev-cloud-1-i-0a",
          state: "stopped",
          availabilityZone: "a",
          mayStart: true,
        },
      ],
      maxWakes: 2,
      now: Date.now(),
    });
    expect(starts.map(({ instanceId }) => instanceId)).to.deep.equal(["i-0a"]);
  });

  it("a job that begins no longer waits", async () => {
    github.github.dispatch("acme/app", "ours.yml");
    const runner = await connect(github, "dev-cloud-1-i-0a", { labels: ["self-hosted", "cloud"] });
    await answered(2);
    await runner.takeJob();
    await answered(3);
    expect((await jobs())[0]).to.include({ state: "in_progress", runner: "dev-cloud-1-i-0a" });
  });

  it("the end of a job is written, however many steps it had, and with a null among its labels", async () => {
    github.github.faults.add({ kind: "delivery", effect: "null-label", action: "completed" });
    const { jobs: dispatched } = github.github.dispatch("acme/app", "ours.yml");
    const runner = await connect(github, "dev-cloud-1-i-0a", { labels: ["self-hosted", "cloud"] });
    const taken = await runner.takeJob();
    const [startedAt, completedAt] = ["2026-05-01T10:00:00Z", "2026-05-01T10:00:01Z"];
    dispatched[0]!.steps = Array.from({ length: 5000 }, (_, index) => ({
      name: `Run the part ${index} of a generated workflow, which has a name of some length`,
      number: index + 1,
      status: "completed" as const,
      conclusion: "success" as const,
      startedAt,
      completedAt,
    }));
    await runner.complete(taken);
    await answered(4);
    expect(statuses().at(-1)).to.equal("completed 202");
    expect((await jobs())[0]).to.deep.include({ state: "completed", labels: ["self-hosted", "Cloud"] });
  });

  it("a webhook with GitHub's default content type gets an answer that says what to set", async () => {
    await github.octokit.rest.repos.createWebhook({
      ...acme,
      events: ["workflow_job"],
      config: { url: `${server.url}/form`, secret },
    });
    await answered(2);
    expect(statuses()).to.deep.equal(["ping 200", "ping 415"]);
  });

  it("deliveries that are duplicated, or overtaken by the job's end, start no machine twice or too late", async () => {
    github.github.faults.add({ kind: "delivery", times: 1, effect: "duplicate", action: "queued" });
    github.github.dispatch("acme/app", "ours.yml");
    await answered(3);
    expect(aws.aws.queues.messages(queueUrl)).to.have.length(1);
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    github.github.faults.add({ kind: "delivery", times: 1, effect: "late", until: held, action: "queued" });
    const { id } = github.github.dispatch("acme/app", "ours.yml");
    await github.octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: id });
    await answered(4);
    letGo();
    await answered(5);
    expect(aws.aws.queues.messages(queueUrl)).to.have.length(1);
    expect((await jobs()).map(({ state }) => state).sort()).to.deep.equal(["completed", "queued"]);
  });
});

/** A receiver behind a function URL: each request is an event for it. */
async function startReceiver(handler: ReturnType<typeof createReceiver>): Promise<ScriptedServer> {
  return startServer(async ({ method, headers, body }: ReceivedRequest) => {
    const { statusCode, body: text } = await handler({
      requestContext: { http: { method } },
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.from(body).toString("base64"),
      isBase64Encoded: true,
    });
    return { status: statusCode, body: text };
  });
}

/** The content of the table, read in process. */
async function readTable({ aws }: TestCloud, table: string): Promise<WaitingJob[]> {
  return readJobs(table, () => Promise.resolve({ Items: Object.values(aws.account.tables[table] ?? {}) }));
}
