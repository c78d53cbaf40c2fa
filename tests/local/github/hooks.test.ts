import { expect } from "chai";
import { createHmac } from "node:crypto";
import { startServer } from "../../unit/runtime/http-server.ts";
import type { ReceivedRequest, ScriptedServer } from "../../unit/runtime/http-server.ts";
import { acme, refusal, startGithub, until } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { connect } from "./scripted-runner.ts";

const secret = "canary-webhook-secret";
const workflow = `
on: workflow_dispatch
jobs:
  one: { runs-on: [self-hosted, cloud], steps: [{ run: "true" }] }
  two: { needs: one, runs-on: [self-hosted, cloud], steps: [{ run: "true" }] }
`;

interface Payload {
  action: string;
  workflow_job: { id: number; labels: (string | null)[]; status: string; runner_name: string | null };
  repository: { full_name: string };
}

describe("the webhooks of the local GitHub", () => {
  let cloud: StartedGithub;
  let server: ScriptedServer;
  beforeEach(async () => {
    cloud = await startGithub();
    server = await startServer(() => ({ status: 202 }));
    cloud.github.push("acme/app", ".github/workflows/a.yml", workflow);
  });
  afterEach(async () => {
    server.close();
    await cloud.close();
  });

  const config = () => ({ url: `${server.url}/hook`, content_type: "json", secret });
  const hook = () =>
    cloud.octokit.rest.repos.createWebhook({ ...acme, events: ["workflow_job"], config: config() });
  const told = () =>
    server.requests
      .filter(({ headers }) => headers["x-github-event"] === "workflow_job")
      .map(({ body }) => JSON.parse(body) as Payload);
  const states = () => told().map(({ action }) => action);
  const dispatch = () => cloud.github.dispatch("acme/app", "a.yml");

  it("report a queued job, signed over the bytes that they send", async () => {
    await hook();
    dispatch();
    await until("ping and job", () => server.requests.length === 2);
    const isSigned = ({ body, headers }: ReceivedRequest) =>
      headers["x-hub-signature-256"] === `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    expect(server.requests.every(isSigned)).to.equal(true);
    expect(told()[0]).to.nested.include({
      action: "queued",
      "workflow_job.status": "queued",
      "workflow_job.runner_name": null,
      "repository.full_name": "acme/app",
    });
    expect(told()[0]!.workflow_job.labels).to.deep.equal(["self-hosted", "cloud"]);
    await until("the answers", () => cloud.github.deliveries().every(({ status }) => status === 202));
  });

  it("report each state of a job, and the machine that has it", async () => {
    await hook();
    dispatch();
    await until("queued", () => states().length === 1);
    const runner = await connect(cloud, "dev-cloud-1-i-0a", { labels: ["self-hosted", "cloud"] });
    await runner.takeJob();
    await until("in progress", () => states().length === 2);
    expect(told()[1]).to.nested.include({
      action: "in_progress",
      "workflow_job.runner_name": "dev-cloud-1-i-0a",
    });
    await cloud.octokit.rest.actions.forceCancelWorkflowRun({ ...acme, run_id: cloud.github.runs()[0]!.id });
    await until("all", () => states().length === 4);
    expect(states().slice(2)).to.deep.equal(["completed", "completed"]);
  });

  it("of the organisation report its repositories' jobs", async () => {
    await cloud.octokit.rest.orgs.createWebhook({
      org: "acme",
      name: "web",
      events: ["workflow_job"],
      config: config(),
    });
    dispatch();
    await until("queued", () => states().length === 1);
  });

  it("report no events to which they are not subscribed, and none while they are off", async () => {
    const { data } = await hook();
    await cloud.octokit.rest.repos.updateWebhook({ ...acme, hook_id: data.id, events: ["push"] });
    dispatch();
    await cloud.octokit.rest.repos.updateWebhook({
      ...acme,
      hook_id: data.id,
      events: ["workflow_job"],
      active: false,
    });
    dispatch();
    expect(cloud.github.deliveries().map(({ event }) => event)).to.deep.equal(["ping"]);
  });

  it("are sent once: GitHub does not retry", async () => {
    await hook();
    await until("ping", () => cloud.github.deliveries()[0]?.status === 202);
    server.close();
    dispatch();
    await until("no answer", () => cloud.github.deliveries()[1]?.status === 0);
    expect(cloud.github.deliveries()).to.have.length(2);
  });

  it("are lost, duplicated or delayed when a fault says so", async () => {
    await hook();
    cloud.github.faults.add({ kind: "delivery", times: 1, effect: "lose" });
    cloud.github.faults.add({ kind: "delivery", times: 1, effect: "duplicate" });
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    cloud.github.faults.add({ kind: "delivery", times: 1, effect: "late", until: held, action: "queued" });
    dispatch();
    dispatch();
    const late = dispatch();
    await cloud.octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: late.id });
    const ofLate = () => told().filter(({ workflow_job: { id } }) => late.jobs.some((job) => job.id === id));
    await until("its end", () => ofLate().some(({ action }) => action === "completed"));
    expect(ofLate().map(({ action }) => action)).not.to.include("queued");
    letGo();
    await until("the late one", () => ofLate().some(({ action }) => action === "queued"));
    await until("the doubled one", () => states().filter((state) => state === "queued").length === 3);
  });

  it("can have a null among the labels, as GitHub's description of a job's end has", async () => {
    await hook();
    cloud.github.faults.add({ kind: "delivery", effect: "null-label", action: "completed" });
    const { id } = dispatch();
    await cloud.octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: id });
    const ended = () => told().find(({ action }) => action === "completed");
    await until("the end", () => ended() !== undefined);
    expect(ended()!.workflow_job.labels).to.deep.equal([null, "self-hosted", "cloud"]);
  });

  it("send a form by default, signed over the form's bytes", async () => {
    await cloud.octokit.rest.repos.createWebhook({
      ...acme,
      events: ["workflow_job"],
      config: { url: `${server.url}/hook`, secret },
    });
    await until("ping", () => server.requests.length === 1);
    const { body, headers } = server.requests[0]!;
    expect(headers["content-type"]).to.equal("application/x-www-form-urlencoded");
    expect(JSON.parse(new URLSearchParams(body).get("payload")!)).to.include.keys("zen");
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    expect(headers["x-hub-signature-256"]).to.equal(`sha256=${signature}`);
  });

  it("never show their secret, and deliver only to this computer", async () => {
    await hook();
    const { data } = await cloud.octokit.rest.repos.listWebhooks(acme);
    expect(data[0]!.config.secret).to.equal("********");
    const elsewhere = { ...config(), url: "https://example.com/hook" };
    const refused = await refusal(
      cloud.octokit.rest.repos.createWebhook({ ...acme, events: ["workflow_job"], config: elsewhere }),
    );
    expect(refused).to.include({ status: 422 });
    expect(refused.message).to.include("only on this computer, not to https://example.com/hook");
    expect(await refusal(hook())).to.include({ status: 422 });
  });
});
