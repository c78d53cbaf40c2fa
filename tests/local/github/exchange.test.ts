import { expect } from "chai";
import { acme, startGithub, until, workflowText } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { connect, register } from "./scripted-runner.ts";

const dispatch = (cloud: StartedGithub, runner: string, inputs = {}) =>
  cloud.github.dispatch("acme/app", "proof.yml", { runner, ...inputs });

describe("the exchange between a runner and the local GitHub", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub();
    cloud.github.push("acme/app", ".github/workflows/proof.yml", workflowText);
  });
  afterEach(() => cloud.close());

  it("takes a job from its dispatch to its conclusion, with steps, log and summary kept", async () => {
    const runner = await connect(cloud, "one");
    const polled = runner.message();
    const run = dispatch(cloud, "one", { nonce: "n-1" });
    const message = await polled;
    expect(message).to.deep.include({
      type: "RunnerJobRequest",
      body: { requestId: run.jobs[0]!.requestId },
    });
    expect((await runner.call(`/messages/${message.messageId}/acknowledge`)).status).to.equal(204);
    const acquired = await runner.acquire(message);
    expect(await acquired.json()).to.deep.include({
      runId: run.id,
      jobKey: "hold",
      jobName: "hold one",
      repository: "acme/app",
      workflow: "proof",
      workflowPath: ".github/workflows/proof.yml",
      workflowText,
      ref: "refs/heads/main",
      event: "workflow_dispatch",
      inputs: { runner: "one", nonce: "n-1", size: "small", timeout_minutes: "30" },
      labels: ["self-hosted", "one"],
      timeoutMinutes: 30,
      renewEverySeconds: 60,
      serverUrl: cloud.url,
      apiUrl: `${cloud.url}/api/v3`,
    });
    const job = `/jobs/${message.body.requestId}`;
    expect((await runner.call(`${job}/renew`)).status).to.equal(200);
    const step = { name: "Set up job", number: 1, status: "completed", conclusion: "success" };
    expect((await runner.call(`${job}/steps`, { steps: [step] })).status).to.equal(204);
    expect((await runner.call(`${job}/log`, { lines: ["hello", "there"] })).status).to.equal(204);
    expect((await runner.call(`${job}/summary`, { markdown: "# fine" })).status).to.equal(204);
    expect((await runner.complete(message.body.requestId, "succeeded", { answer: "42" })).status).to.equal(
      204,
    );

    expect(run).to.include({ status: "completed", conclusion: "success" });
    expect(run.jobs[0]).to.deep.include({ summary: "# fine", outputs: { answer: "42" } });
    const { data } = await cloud.octokit.rest.actions.listJobsForWorkflowRun({ ...acme, run_id: run.id });
    expect(data.jobs[0]).to.deep.include({ runner_id: runner.id, runner_name: "one", conclusion: "success" });
    expect(data.jobs[0]!.steps).to.deep.equal([{ ...step, started_at: null, completed_at: null }]);
    const log = await cloud.octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...acme,
      job_id: run.jobs[0]!.id,
    });
    expect(log.data).to.match(/^\S+Z hello\n\S+Z there$/);
  });

  it("answers a poll without work when its time is up", async () => {
    const short = await startGithub({ wire: { pollSeconds: 0.05 }, wireNow: Date.now });
    try {
      const runner = await connect(short, "one");
      expect((await runner.poll()).status).to.equal(204);
    } finally {
      await short.close();
    }
  });

  it("gives a job only to an online, idle runner that has every label, in whatever case", async () => {
    const offline = await connect(cloud, "offline", { labels: ["one"] });
    await offline.closeSession();
    await connect(cloud, "other", { labels: ["two"] });
    const busy = await connect(cloud, "busy", { labels: ["one"] });
    const first = dispatch(cloud, "one");
    await busy.takeJob();
    const second = dispatch(cloud, "One");
    expect(second.jobs[0]).to.include({ status: "queued", offer: undefined });
    const late = await connect(cloud, "late", { labels: ["ONE"] });
    await late.takeJob();
    expect(first.jobs[0]!.runner!.name).to.equal("busy");
    expect(second.jobs[0]!.runner!.name).to.equal("late");
  });

  it("puts a message that is not acknowledged back into the queue, and cancels the job after three misses", async () => {
    const runner = await connect(cloud, "one");
    const run = dispatch(cloud, "one");
    for (let misses = 0; misses < 3; misses++) {
      const message = await runner.message();
      cloud.passWireSeconds(61);
      await until("the offer is taken back", () => run.jobs[0]!.offer?.messageId !== message.messageId);
      expect((await runner.acquire(message)).status).to.equal(409);
    }
    expect(run.conclusion).to.equal("cancelled");
    expect(run.jobs[0]!.annotations[0]).to.match(/not acquired by runner one/);
  });

  it("fails a job that has not renewed its lock for ten minutes, and accepts nothing more from its worker", async () => {
    const runner = await connect(cloud, "one");
    const run = dispatch(cloud, "one");
    const requestId = await runner.takeJob();
    cloud.passWireSeconds(599);
    expect((await runner.call(`/jobs/${requestId}/renew`)).status).to.equal(200);
    cloud.passWireSeconds(601);
    await until("the job is lost", () => run.status === "completed");
    expect(run.conclusion).to.equal("failure");
    expect(run.jobs[0]!.annotations[0]).to.match(/one lost communication/);
    expect((await runner.call(`/jobs/${requestId}/renew`)).status).to.equal(404);
    expect((await runner.complete(requestId)).status).to.equal(404);
  });

  it("notifies listener and worker of a cancelled run, and ends the job itself if they do not", async () => {
    const runner = await connect(cloud, "one");
    const run = dispatch(cloud, "one");
    const requestId = await runner.takeJob();
    const polled = runner.message();
    await cloud.octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: run.id });
    expect(await polled).to.deep.include({ type: "JobCancellation", body: { requestId } });
    const renewed = await runner.call(`/jobs/${requestId}/renew`);
    expect([renewed.status, await renewed.json()]).to.deep.equal([409, { reason: "cancelled" }]);
    expect(run.status).to.equal("in_progress");
    cloud.passWireSeconds(301);
    await until("the run has ended", () => run.conclusion === "cancelled");
  });

  it("cancels a job that exceeds its timeout-minutes of the cloud's time", async () => {
    const runner = await connect(cloud, "one");
    const run = dispatch(cloud, "one");
    const requestId = await runner.takeJob();
    cloud.clock.advance(29 * 60_000);
    const polled = runner.message();
    cloud.clock.advance(2 * 60_000);
    expect((await polled).type).to.equal("JobCancellation");
    await runner.complete(requestId, "cancelled");
    expect(run.conclusion).to.equal("cancelled");
    expect(run.jobs[0]!.annotations[0]).to.match(/maximum execution time of 30 minutes/);
  });

  it("cancels a job that has been queued for a day", async () => {
    const run = dispatch(cloud, "absent");
    cloud.clock.advance(24 * 3_600_000 - 60_000);
    expect(run.status).to.equal("queued");
    cloud.clock.advance(120_000);
    await until("the run has ended", () => run.conclusion === "cancelled");
  });

  it("allows one session at a time, and lets a silent one linger", async () => {
    const runner = await connect(cloud, "one");
    expect((await runner.openSession()).status).to.equal(409);
    cloud.passWireSeconds(239);
    expect((await runner.openSession()).status).to.equal(409);
    cloud.passWireSeconds(2);
    expect((await runner.openSession()).status).to.equal(200);
    await runner.closeSession();
    expect((await runner.openSession()).status).to.equal(200);
  });

  it("tells a listener that its session was replaced, and another that its registration is gone", async () => {
    const runner = await connect(cloud, "one");
    const polled = runner.poll();
    await until("the poll is open", () => cloud.github.runners()[0]!.session?.openPolls === 1);
    await cloud.octokit.rest.actions.deleteSelfHostedRunnerFromRepo({ ...acme, runner_id: runner.id });
    const answer = await polled;
    expect([answer.status, await answer.json()]).to.deep.equal([401, { reason: "registration" }]);
    expect((await runner.openSession()).status).to.equal(401);
    const again = await connect(cloud, "one");
    await again.closeSession();
    expect((await again.poll()).status).to.equal(404);
  });

  it("lets the worker of a removed runner complete its job", async () => {
    const runner = await connect(cloud, "one");
    const run = dispatch(cloud, "one");
    const requestId = await runner.takeJob();
    const deleted = await cloud.octokit.rest.actions.deleteSelfHostedRunnerFromRepo({
      ...acme,
      runner_id: runner.id,
    });
    expect(deleted.status).to.equal(204);
    expect((await runner.complete(requestId)).status).to.equal(204);
    expect(run.conclusion).to.equal("success");
  });

  it("lets no runner touch another's job", async () => {
    const runner = await connect(cloud, "one");
    const other = await connect(cloud, "two");
    const run = dispatch(cloud, "one");
    const requestId = await runner.takeJob();
    expect((await other.complete(requestId)).status).to.equal(404);
    expect(run.status).to.equal("in_progress");
  });

  it("refuses a runner version that is too old", async () => {
    const runner = await connect(cloud, "one");
    await runner.closeSession();
    expect((await runner.openSession("2.328.0")).status).to.equal(200);
    const refused = await runner.poll();
    expect([refused.status, await refused.json()]).to.deep.equal([403, { reason: "version" }]);
  });

  it("sends a self-update to the listener", async () => {
    const runner = await connect(cloud, "one");
    cloud.github.updateRunner("one", "2.340.0");
    expect(await runner.message()).to.deep.include({
      type: "AgentRefresh",
      body: { targetVersion: "2.340.0" },
    });
  });

  describe("registration", () => {
    it("accepts a token for one hour of the cloud's time", async () => {
      const { data } = await cloud.octokit.rest.actions.createRegistrationTokenForRepo(acme);
      expect(Date.parse(data.expires_at) - cloud.clock.now()).to.be.within(3_590_000, 3_600_000);
      cloud.clock.advance(3_500_000);
      expect((await register(cloud, "one", { token: data.token })).status).to.equal(200);
      cloud.clock.advance(101_000);
      expect((await register(cloud, "two", { token: data.token })).status).to.equal(404);
    });

    it("refuses a wrong token, and a repository's token for the organisation", async () => {
      expect((await register(cloud, "one", { token: "WRONG" })).status).to.equal(404);
      const { data } = await cloud.octokit.rest.actions.createRegistrationTokenForRepo(acme);
      expect((await register(cloud, "one", { token: data.token, scope: "acme" })).status).to.equal(404);
    });

    it("refuses a name that exists, even offline, unless it replaces", async () => {
      const first = await connect(cloud, "one");
      await first.closeSession();
      expect((await register(cloud, "One")).status).to.equal(409);
      expect((await register(cloud, "one", { replace: true, labels: ["new"] })).status).to.equal(200);
      expect((await first.openSession()).status).to.equal(401);
      const { data } = await cloud.octokit.rest.actions.listSelfHostedRunnersForRepo(acme);
      expect(data.runners.map(({ id }) => id)).to.deep.equal([first.id]);
    });

    it("refuses a name of more than 64 characters, and a group that does not exist", async () => {
      expect((await register(cloud, "x".repeat(65))).status).to.equal(400);
      expect((await register(cloud, "one", { scope: "acme", group: "nope" })).status).to.equal(404);
    });

    it("is removed by the runner itself, with a removal token", async () => {
      const runner = await connect(cloud, "one");
      const { data } = await cloud.octokit.rest.actions.createRemoveTokenForRepo(acme);
      expect(data.token).to.be.a("string");
      expect((await runner.remove()).status).to.equal(204);
      expect(cloud.github.runners()).to.deep.equal([]);
      expect((await runner.remove()).status).to.equal(401);
    });

    it("drops a registration that was not used for 14 days", async () => {
      const runner = await connect(cloud, "one");
      await runner.closeSession();
      cloud.clock.advance(13 * 24 * 3_600_000);
      expect(cloud.github.runners()).to.have.length(1);
      cloud.clock.advance(2 * 24 * 3_600_000);
      await until("the registration is dropped", () => cloud.github.runners().length === 0);
    });
  });

  it("gives an organisation's runner only the repositories of its group", async () => {
    const { octokit } = cloud;
    const group = await octokit.request("POST /orgs/{org}/actions/runner-groups", {
      org: "acme",
      name: "longhaul",
      visibility: "selected",
    });
    const runner = await connect(cloud, "one", { scope: "acme", group: "Longhaul" });
    const run = dispatch(cloud, "one");
    expect(run.jobs[0]!.offer).to.equal(undefined);
    const { data: repository } = await octokit.rest.repos.get(acme);
    await octokit.request("PUT /orgs/{org}/actions/runner-groups/{runner_group_id}/repositories", {
      org: "acme",
      runner_group_id: group.data.id,
      selected_repository_ids: [repository.id],
    });
    await runner.takeJob();
    expect(run.jobs[0]!.runner!.name).to.equal("one");
  });

  it("makes a listener hang also when the listener has just interrupted its poll", async () => {
    const runner = await connect(cloud, "one");
    const interrupted = new AbortController();
    const polled = runner.poll(interrupted.signal).catch(() => undefined);
    await until("the poll is open", () => cloud.github.runners()[0]!.session?.openPolls === 1);
    interrupted.abort();
    cloud.github.hangRunner("one"); // GitHub has not noticed yet that the poll is interrupted.
    await polled;
    expect((await runner.message()).type).to.equal("Hang");
  });

  it("shows a runner online while it polls and for a while after", async () => {
    const runner = await connect(cloud, "one");
    const status = async () =>
      (await cloud.octokit.rest.actions.getSelfHostedRunnerForRepo({ ...acme, runner_id: runner.id })).data
        .status;
    const ended = new AbortController();
    const polled = runner.poll(ended.signal).catch(() => undefined);
    const open = () => cloud.github.runners()[0]!.session?.openPolls;
    await until("the poll is open", () => open() === 1);
    cloud.passWireSeconds(91);
    expect(await status()).to.equal("online");
    ended.abort();
    await polled;
    await until("the poll is closed", () => open() === 0);
    cloud.passWireSeconds(89);
    expect(await status()).to.equal("online");
    cloud.passWireSeconds(2);
    expect(await status()).to.equal("offline");
  });
});
