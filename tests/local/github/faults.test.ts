import { expect } from "chai";
import { acme, refusal, startGithub, workflowText } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { connect, register } from "./scripted-runner.ts";

describe("the local GitHub can be made to misbehave", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub();
    cloud.github.push("acme/app", ".github/workflows/proof.yml", workflowText);
  });
  afterEach(() => cloud.close());

  for (const [status, header] of [
    [500, undefined],
    [502, undefined],
    [429, "7"],
    [403, "7"],
  ] as const) {
    it(`answers the next requests with ${status}${header ? " and retry-after" : ""}, and then no longer`, async () => {
      cloud.github.faults.add({ kind: "answer", status, times: 2, retryAfterSeconds: 7 });
      for (let time = 0; time < 2; time++) {
        const refused = await refusal(cloud.octokit.rest.repos.get(acme));
        expect(refused.status).to.equal(status);
        expect(refused.headers["retry-after"]).to.equal(header);
      }
      expect((await cloud.octokit.rest.repos.get(acme)).status).to.equal(200);
    });
  }

  it("affects only matching requests, until the fault is disarmed", async () => {
    const undo = cloud.github.faults.add({ kind: "answer", status: 500, method: "GET", path: /\/runners$/ });
    const list = () => cloud.octokit.rest.actions.listSelfHostedRunnersForRepo(acme);
    expect((await cloud.octokit.rest.repos.get(acme)).status).to.equal(200);
    expect((await refusal(list())).status).to.equal(500);
    expect((await refusal(list())).status).to.equal(500);
    undo();
    expect((await list()).status).to.equal(200);
  });

  it("reports busy late or stale, whatever the truth", async () => {
    const runner = await connect(cloud, "one");
    const busy = async () =>
      (await cloud.octokit.rest.actions.getSelfHostedRunnerForRepo({ ...acme, runner_id: runner.id })).data
        .busy;
    const undo = cloud.github.faults.add({ kind: "busy", report: (truth, name) => !truth && name === "one" });
    expect(await busy()).to.equal(true);
    undo();
    expect(await busy()).to.equal(false);
  });

  it("refuses a runner's registration", async () => {
    cloud.github.faults.add({ kind: "answer", status: 403, path: /runner-registration$/, times: 1 });
    expect((await register(cloud, "one")).status).to.equal(403);
    expect((await register(cloud, "one")).status).to.equal(200);
  });

  it("lets registration tokens expire early", async () => {
    cloud.github.faults.add({ kind: "token-lifetime", times: 1, seconds: 0 });
    expect((await register(cloud, "one")).status).to.equal(404);
    expect((await register(cloud, "one")).status).to.equal(200);
  });

  it("accepts a dispatch and makes no run, or one that never starts", async () => {
    await connect(cloud, "one");
    const dispatch = () =>
      cloud.octokit.rest.actions.createWorkflowDispatch({
        ...acme,
        workflow_id: "proof.yml",
        ref: "main",
        inputs: { runner: "one" },
      });
    cloud.github.faults.add({ kind: "dispatch", effect: "no-run", times: 1 });
    expect((await dispatch()).status).to.equal(204);
    expect(cloud.github.runs()).to.deep.equal([]);
    expect(cloud.github.dispatches()[0]).to.include({ runId: undefined });
    cloud.github.faults.add({ kind: "dispatch", effect: "never-starts", times: 1 });
    await dispatch();
    expect(cloud.github.jobs()[0]).to.include({ status: "queued", offer: undefined });
    await dispatch();
    expect(cloud.github.jobs()[1]!.offer).to.not.equal(undefined);
  });

  it("gives a runner that replaces another the other's jobs for a while, and lists its own labels", async () => {
    await connect(cloud, "machine", { labels: ["one"] });
    cloud.github.faults.add({ kind: "kept-labels", seconds: 60, times: 1 });
    const again = await connect(cloud, "machine", { labels: ["two"], replace: true });
    expect(cloud.github.runners()[0]!.customLabels).to.deep.equal(["two"]);
    const [kept] = cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" }).jobs;
    expect(kept!.offer?.runner.id).to.equal(again.id);
    await again.complete(await again.takeJob());
    cloud.passWireSeconds(61);
    await again.openSession();
    const [late] = cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" }).jobs;
    expect(late!.offer).to.equal(undefined);
  });

  it("lists the labels of a runner late", async () => {
    const { id } = await connect(cloud, "one");
    const { actions } = cloud.octokit.rest;
    cloud.github.faults.add({ kind: "listed-labels", times: 2, report: () => ["former"] });
    const custom = (labels: { name?: string; type?: string }[]) =>
      labels.filter(({ type }) => type === "custom").map(({ name }) => name);
    const listed = async () =>
      custom((await actions.listSelfHostedRunnersForRepo(acme)).data.runners[0]!.labels);
    const own = async () =>
      custom((await actions.listLabelsForSelfHostedRunnerForRepo({ ...acme, runner_id: id })).data.labels);
    expect([await listed(), await own(), await listed()]).to.deep.equal([["former"], ["former"], ["one"]]);
  });

  it("lets a session outlive its deletion", async () => {
    const runner = await connect(cloud, "one");
    cloud.github.faults.add({ kind: "lingering-sessions", times: 1, seconds: 30 });
    await runner.closeSession();
    expect((await runner.openSession()).status).to.equal(409);
    cloud.passWireSeconds(31);
    expect((await runner.openSession()).status).to.equal(200);
  });

  it("lets a job arrive at the very moment when a runner leaves", async () => {
    const runner = await connect(cloud, "one");
    cloud.github.faults.add({
      kind: "moment",
      at: "session-deleted",
      runner: "one",
      times: 1,
      action: () => cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" }),
    });
    await runner.closeSession();
    expect(cloud.github.jobs()[0]).to.include({ status: "queued", offer: undefined });
    await runner.openSession();
    await runner.takeJob();
    expect(cloud.github.jobs()[0]!.status).to.equal("in_progress");
  });
});
