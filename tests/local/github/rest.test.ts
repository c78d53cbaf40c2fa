import { expect } from "chai";
import { acme, refusal, startGithub, workflowText } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { connect } from "./scripted-runner.ts";

const path = ".github/workflows/proof.yml";
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the local GitHub's REST API", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub(
      {},
      {
        tokens: {
          "local-github-token": { login: "longhaul", scopes: ["repo", "workflow", "admin:org"] },
          "no-org": { login: "dev", scopes: ["repo", "workflow"] },
          "no-workflow": { login: "dev", scopes: ["repo", "admin:org"] },
          "no-scope": { login: "dev", scopes: [] },
        },
      },
    );
    cloud.github.push("acme/app", path, workflowText);
  });
  afterEach(() => cloud.close());
  const dispatch = (inputs: Record<string, string>, ref = "main") =>
    cloud.octokit.rest.actions.createWorkflowDispatch({ ...acme, workflow_id: "proof.yml", ref, inputs });

  describe("authentication", () => {
    const cases: {
      who: string;
      token: string | undefined;
      call: (cloud: StartedGithub, token?: string) => Promise<unknown>;
      status: number;
      message: RegExp;
    }[] = [
      {
        who: "a request without a token",
        token: undefined,
        call: (c, t) => c.octokitFor(t).rest.repos.get(acme),
        status: 401,
        message: /Requires authentication/,
      },
      {
        who: "a wrong token",
        token: "ghp_wrong",
        call: (c, t) => c.octokitFor(t).rest.repos.get(acme),
        status: 401,
        message: /Bad credentials/,
      },
      {
        who: "a token without `repo`",
        token: "no-scope",
        call: (c, t) => c.octokitFor(t).rest.repos.get(acme),
        status: 404,
        message: /Not Found/,
      },
      {
        who: "a token without `admin:org` for the organisation's runners",
        token: "no-org",
        call: (c, t) => c.octokitFor(t).rest.actions.createRegistrationTokenForOrg({ org: "acme" }),
        status: 403,
        message: /Must have admin rights to Repository/,
      },
      {
        who: "a token without `workflow` that writes a workflow",
        token: "no-workflow",
        call: (c, t) =>
          c.octokitFor(t).rest.repos.createOrUpdateFileContents({
            ...acme,
            path: ".github/workflows/new.yml",
            message: "m",
            content: "",
          }),
        status: 404,
        message: /Not Found/,
      },
      {
        who: "any token for another organisation",
        token: "local-github-token",
        call: (c, t) => c.octokitFor(t).rest.actions.listSelfHostedRunnersForOrg({ org: "other" }),
        status: 404,
        message: /Not Found/,
      },
    ];
    for (const { who, token, call, status, message } of cases) {
      it(`refuses ${who} with ${status}`, async () => {
        const refused = await refusal(call(cloud, token));
        expect(refused.status).to.equal(status);
        expect(refused.message).to.match(message);
      });
    }

    it("accepts a running job's token without permissions, and forgets it with the job", async () => {
      const runner = await connect(cloud, "one");
      const run = cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" });
      const requestId = await runner.takeJob();
      const asJob = cloud.octokitFor(run.jobs[0]!.token);
      expect((await refusal(asJob.rest.repos.get(acme))).status).to.equal(404);
      await runner.complete(requestId);
      expect((await refusal(asJob.rest.repos.get(acme))).status).to.equal(401);
    });

    it("needs no token for /meta", async () => {
      expect((await cloud.octokitFor().rest.meta.get()).data).to.have.property("installed_version");
    });
  });

  it("counts requests, says what is left, and refuses above the limit", async () => {
    const poor = await startGithub({ hourlyRateLimit: 2 });
    try {
      const { headers } = await poor.octokit.rest.repos.get(acme);
      expect(headers).to.include({ "x-ratelimit-limit": "2", "x-ratelimit-remaining": "1" });
      await poor.octokit.rest.repos.get(acme);
      const refused = await refusal(poor.octokit.rest.repos.get(acme));
      expect(refused.status).to.equal(403);
      expect(refused.message).to.match(/API rate limit exceeded/);
      expect(refused.headers["x-ratelimit-remaining"]).to.equal("0");
      expect((await poor.octokit.rest.rateLimit.get()).data.rate).to.include({ limit: 2, remaining: 0 });
      poor.passWireSeconds(3601);
      expect((await poor.octokit.rest.repos.get(acme)).status).to.equal(200);
    } finally {
      await poor.close();
    }
  });

  describe("repositories and their files", () => {
    it("describes a repository, and finds those of an organisation", async () => {
      const { data } = await cloud.octokit.rest.repos.get(acme);
      expect(data).to.include({
        full_name: "acme/app",
        default_branch: "main",
        html_url: `${cloud.url}/acme/app`,
      });
      const found = await cloud.octokit.rest.search.repos({ q: "org:acme app" });
      expect(found.data.items.map(({ full_name }) => full_name)).to.deep.equal(["acme/app"]);
    });

    it("creates, reads, updates and deletes a file, each change against the hash of the one before", async () => {
      const { repos } = cloud.octokit.rest;
      const file = { ...acme, path: "docs/a.txt", message: "m" };
      const created = await repos.createOrUpdateFileContents({ ...file, content: base64("hello\n") });
      expect(created.status).to.equal(201);
      // The hash that `git hash-object` gives.
      expect(created.data.content!.sha).to.equal("ce013625030ba8dba906f756967f9e9ca394464a");
      const { data } = await repos.getContent(file);
      expect(data).to.include({ path: "docs/a.txt", sha: created.data.content!.sha });
      expect(
        (await refusal(repos.createOrUpdateFileContents({ ...file, content: base64("x") }))).status,
      ).to.equal(422);
      expect(
        (await refusal(repos.createOrUpdateFileContents({ ...file, content: base64("x"), sha: "0" }))).status,
      ).to.equal(409);
      const updated = await repos.createOrUpdateFileContents({
        ...file,
        content: base64("x"),
        sha: created.data.content!.sha!,
      });
      expect(updated.status).to.equal(200);
      await repos.deleteFile({ ...file, sha: updated.data.content!.sha! });
      expect((await refusal(repos.getContent(file))).status).to.equal(404);
    });

    it("refuses a branch that does not exist", async () => {
      const { repos } = cloud.octokit.rest;
      expect((await refusal(repos.getContent({ ...acme, path, ref: "nope" }))).message).to.match(
        /No commit found for the ref nope/,
      );
    });
  });

  describe("runners", () => {
    it("are listed by page and by name, for a repository and for the organisation apart", async () => {
      for (const name of ["one", "two", "three"]) await connect(cloud, name);
      await connect(cloud, "org-1", { scope: "acme" });
      const { actions } = cloud.octokit.rest;
      const pages = await cloud.octokit.paginate(actions.listSelfHostedRunnersForRepo, {
        ...acme,
        per_page: 2,
      });
      expect(pages.map(({ name }) => name)).to.deep.equal(["one", "two", "three"]);
      const named = await actions.listSelfHostedRunnersForRepo({ ...acme, name: "two" });
      expect(named.data.runners.map(({ name }) => name)).to.deep.equal(["two"]);
      const ofOrg = await actions.listSelfHostedRunnersForOrg({ org: "acme" });
      expect(ofOrg.data.runners.map(({ name }) => name)).to.deep.equal(["org-1"]);
      expect(
        (await refusal(actions.getSelfHostedRunnerForRepo({ ...acme, runner_id: ofOrg.data.runners[0]!.id })))
          .status,
      ).to.equal(404);
    });

    it("keep the labels that GitHub gave them, whatever happens to the others", async () => {
      const { id } = await connect(cloud, "one");
      const { actions } = cloud.octokit.rest;
      const runner = { ...acme, runner_id: id };
      const names = (answer: { data: { labels: { name: string }[] } }) =>
        answer.data.labels.map(({ name }) => name);
      const system = ["self-hosted", "Linux", "X64"];
      expect(names(await actions.listLabelsForSelfHostedRunnerForRepo(runner))).to.deep.equal([
        ...system,
        "one",
      ]);
      expect(
        names(
          await actions.addCustomLabelsToSelfHostedRunnerForRepo({
            ...runner,
            labels: ["cloud", "ONE", "linux"],
          }),
        ),
      ).to.deep.equal([...system, "one", "cloud"]);
      expect(
        names(await actions.setCustomLabelsForSelfHostedRunnerForRepo({ ...runner, labels: ["cloud"] })),
      ).to.deep.equal([...system, "cloud"]);
      expect(
        (await refusal(actions.removeCustomLabelFromSelfHostedRunnerForRepo({ ...runner, name: "linux" })))
          .status,
      ).to.equal(422);
      expect(
        (await refusal(actions.removeCustomLabelFromSelfHostedRunnerForRepo({ ...runner, name: "nope" })))
          .status,
      ).to.equal(404);
      expect(
        names(await actions.removeCustomLabelFromSelfHostedRunnerForRepo({ ...runner, name: "cloud" })),
      ).to.deep.equal(system);
      const types = (await actions.listLabelsForSelfHostedRunnerForRepo(runner)).data.labels.map(
        ({ type }) => type,
      );
      expect(types).to.deep.equal(["read-only", "read-only", "read-only"]);
    });

    it("accept at most 100 labels in a request, counting those that they already have", async () => {
      const { id } = await connect(cloud, "one");
      const { actions } = cloud.octokit.rest;
      const labels = (count: number) => Array.from({ length: count }, (_, index) => `label-${index}`);
      const set = (names: string[]) =>
        actions.setCustomLabelsForSelfHostedRunnerForRepo({ ...acme, runner_id: id, labels: names });
      expect((await set(labels(100))).data.total_count).to.equal(103);
      expect((await refusal(set(["self-hosted", ...labels(100)]))).status).to.equal(422);
      const added = actions.addCustomLabelsToSelfHostedRunnerForRepo({
        ...acme,
        runner_id: id,
        labels: ["one more"],
      });
      expect((await refusal(added)).status).to.equal(422);
    });

    it("are busy while they run a job, and can be deleted nevertheless, as observed", async () => {
      const runner = await connect(cloud, "one");
      const { actions } = cloud.octokit.rest;
      const entry = async () =>
        (await actions.getSelfHostedRunnerForRepo({ ...acme, runner_id: runner.id })).data;
      expect(await entry()).to.include({ status: "online", busy: false, os: "linux" });
      await dispatch({ runner: "one" });
      await runner.takeJob();
      expect((await entry()).busy).to.equal(true);
      expect(
        (await actions.deleteSelfHostedRunnerFromRepo({ ...acme, runner_id: runner.id })).status,
      ).to.equal(204);
      expect((await refusal(entry())).status).to.equal(404);
    });

    it("learn what there is to download, and until when a version is supported", async () => {
      const ask = async (version: string) =>
        (
          await cloud.octokit.request("GET /repos/{owner}/{repo}/actions/runners/deprecations/{version}", {
            ...acme,
            version,
          })
        ).data as unknown;
      const current = { runner_version: "2.338.0", runtime_deprecates_at: null };
      expect(await ask("2.338.0")).to.deep.equal(current);
      expect((await refusal(ask("2.339.0"))).status).to.equal(404);

      cloud.github.releaseRunner("2.339.0", "f".repeat(64));
      const released = cloud.clock.now();
      const { data } = await cloud.octokit.rest.actions.listRunnerApplicationsForRepo(acme);
      expect(data.find(({ os, architecture }) => os === "linux" && architecture === "arm64")).to.include({
        filename: "actions-runner-linux-arm64-2.339.0.tar.gz",
        sha256_checksum: "f".repeat(64),
      });
      const inAMonth = new Date(released + 30 * 86_400_000).toISOString().slice(0, 13);
      expect(await ask("2.338.0"))
        .to.have.property("runtime_deprecates_at")
        .that.matches(new RegExp(`^${inAMonth}`));
      expect(await ask("2.339.0")).to.have.property("runtime_deprecates_at", null);
    });
  });

  it("keeps the organisation's runner groups", async () => {
    const { octokit } = cloud;
    const group = { org: "acme" };
    const made = await octokit.request("POST /orgs/{org}/actions/runner-groups", {
      ...group,
      name: "g",
      visibility: "all",
    });
    const one = { ...group, runner_group_id: made.data.id };
    expect(
      (await refusal(octokit.request("POST /orgs/{org}/actions/runner-groups", { ...group, name: "G" })))
        .status,
    ).to.equal(409);
    await octokit.request("PATCH /orgs/{org}/actions/runner-groups/{runner_group_id}", {
      ...one,
      name: "h",
      visibility: "selected",
    });
    const read = await octokit.request("GET /orgs/{org}/actions/runner-groups/{runner_group_id}", one);
    expect(read.data).to.include({ name: "h", visibility: "selected", default: false });
    const all = await octokit.request("GET /orgs/{org}/actions/runner-groups", group);
    expect(all.data.runner_groups.map(({ name }) => name)).to.deep.equal(["Default", "h"]);
    await octokit.request("DELETE /orgs/{org}/actions/runner-groups/{runner_group_id}", one);
    expect(
      (await refusal(octokit.request("GET /orgs/{org}/actions/runner-groups/{runner_group_id}", one))).status,
    ).to.equal(404);
  });

  it("keeps variables of a repository and of the organisation, in capitals", async () => {
    const { actions } = cloud.octokit.rest;
    await actions.createRepoVariable({ ...acme, name: "labels", value: "a" });
    expect(
      (await refusal(actions.createRepoVariable({ ...acme, name: "LABELS", value: "b" }))).status,
    ).to.equal(409);
    await actions.updateRepoVariable({ ...acme, name: "LABELS", value: "c" });
    expect((await actions.getRepoVariable({ ...acme, name: "labels" })).data).to.include({
      name: "LABELS",
      value: "c",
    });
    expect((await actions.listRepoVariables(acme)).data.total_count).to.equal(1);
    await actions.deleteRepoVariable({ ...acme, name: "LABELS" });
    expect((await refusal(actions.getRepoVariable({ ...acme, name: "LABELS" }))).status).to.equal(404);
    await actions.createOrgVariable({ org: "acme", name: "X", value: "1", visibility: "all" });
    expect((await actions.getOrgVariable({ org: "acme", name: "X" })).data).to.include({
      value: "1",
      visibility: "all",
    });
  });

  describe("dispatching a workflow", () => {
    it("reports its run if asked, unless the server does not know the parameter", async () => {
      const path = "/repos/acme/app/actions/workflows/proof.yml/dispatches";
      const asking = () =>
        cloud.octokit.request(`POST ${path}`, {
          ref: "main",
          inputs: { runner: "one" },
          return_run_details: true,
        });
      const answer = await asking();
      const { id } = cloud.github.runs()[0]!;
      expect(answer.status).to.equal(200);
      expect(answer.data).to.deep.equal({
        workflow_run_id: id,
        run_url: `${cloud.url}/api/v3/repos/acme/app/actions/runs/${id}`,
        html_url: `${cloud.url}/acme/app/actions/runs/${id}`,
      });
      cloud.github.faults.add({ kind: "no-run-details", status: 204, times: 1 });
      expect((await asking()).status).to.equal(204);
      cloud.github.faults.add({ kind: "no-run-details", status: 422 });
      expect((await refusal(asking())).message).to.include("return_run_details");
      expect((await dispatch({ runner: "one" })).status).to.equal(204);
      expect(cloud.github.runs()).to.have.length(3);
    });

    it("shows the run in any of GitHub's states, in lists and by itself", async () => {
      await dispatch({ runner: "one" });
      const undo = cloud.github.faults.add({ kind: "run-status", report: () => "pending" });
      const { actions } = cloud.octokit.rest;
      const listed = async (status: "pending" | "queued") =>
        (await actions.listWorkflowRunsForRepo({ ...acme, status })).data.workflow_runs.map(
          (run) => run.status,
        );
      expect([await listed("pending"), await listed("queued")]).to.deep.equal([["pending"], []]);
      const run_id = cloud.github.runs()[0]!.id;
      expect((await actions.getWorkflowRun({ ...acme, run_id })).data.status).to.equal("pending");
      undo();
      expect([await listed("pending"), await listed("queued")]).to.deep.equal([[], ["queued"]]);
    });

    it("makes a run with the evaluated run-name as its title", async () => {
      expect((await dispatch({ runner: "one", nonce: "n-7" })).status).to.equal(204);
      const { data } = await cloud.octokit.rest.actions.listWorkflowRuns({
        ...acme,
        workflow_id: "proof.yml",
        event: "workflow_dispatch",
      });
      const [run] = data.workflow_runs;
      expect(run).to.include({
        display_title: "n-7 on one",
        status: "queued",
        conclusion: null,
        head_branch: "main",
        path,
      });
      expect(run!.html_url).to.equal(`${cloud.url}/acme/app/actions/runs/${run!.id}`);
      const jobs = await cloud.octokit.rest.actions.listJobsForWorkflowRun({ ...acme, run_id: run!.id });
      expect(jobs.data.jobs[0]).to.deep.include({
        name: "hold one",
        status: "queued",
        runner_id: null,
        labels: ["self-hosted", "one"],
      });
      expect(cloud.github.dispatches()).to.have.length(1);
    });

    const refusals: { what: string; inputs: Record<string, string>; ref?: string; message: RegExp }[] = [
      {
        what: "an input the file does not declare",
        inputs: { runner: "one", foo: "1" },
        message: /Unexpected inputs provided: \["foo"\]/,
      },
      { what: "a missing required input", inputs: {}, message: /Required input 'runner' not provided/ },
      {
        what: "an invalid choice",
        inputs: { runner: "one", size: "huge" },
        message: /not in the list of allowed values/,
      },
      {
        what: "a branch that does not exist",
        inputs: { runner: "one" },
        ref: "nope",
        message: /No ref found for: nope/,
      },
    ];
    for (const { what, inputs, ref, message } of refusals) {
      it(`refuses ${what} with 422`, async () => {
        const refused = await refusal(dispatch(inputs, ref));
        expect(refused.status).to.equal(422);
        expect(refused.message).to.match(message);
      });
    }

    it("answers 404 for a file that is not on the default branch, and 422 for one without the trigger", async () => {
      const { actions } = cloud.octokit.rest;
      const missing = { ...acme, workflow_id: "nope.yml" };
      expect((await refusal(actions.createWorkflowDispatch({ ...missing, ref: "main" }))).status).to.equal(
        404,
      );
      expect((await refusal(actions.getWorkflow(missing))).status).to.equal(404);
      cloud.github.push("acme/app", ".github/workflows/push.yml", "on: push\njobs: { a: { runs-on: x } }\n");
      const refused = await refusal(
        actions.createWorkflowDispatch({ ...acme, workflow_id: "push.yml", ref: "main" }),
      );
      expect(refused.message).to.match(/Workflow does not have 'workflow_dispatch' trigger/);
      expect((await actions.getWorkflow({ ...acme, workflow_id: "proof.yml" })).data).to.include({
        name: "proof",
        path,
        state: "active",
      });
    });
  });

  it("finds runs by event, status, age and head", async () => {
    await dispatch({ runner: "one" });
    const { actions } = cloud.octokit.rest;
    const created = new Date(cloud.clock.now()).toISOString().slice(0, 10);
    const { data } = await actions.listWorkflowRunsForRepo(acme);
    const found = async (filter: object) =>
      (await actions.listWorkflowRunsForRepo({ ...acme, ...filter })).data.total_count;
    expect(await found({ status: "queued", event: "workflow_dispatch", created })).to.equal(1);
    expect(await found({ head_sha: data.workflow_runs[0]!.head_sha, branch: "main" })).to.equal(1);
    expect(await found({ created: `>=${data.workflow_runs[0]!.created_at}` })).to.equal(1);
    expect(await found({ created: "2020-01-01..2020-02-01" })).to.equal(0);
    for (const filter of [
      { status: "success" },
      { event: "push" },
      { created: ">2099-01-01" },
      { head_sha: "0" },
      { branch: "x" },
    ])
      expect(await found(filter), JSON.stringify(filter)).to.equal(0);
  });

  it("cancels a queued run at once, a running one by force, and a finished one not at all", async () => {
    const { actions } = cloud.octokit.rest;
    const queued = cloud.github.dispatch("acme/app", "proof.yml", { runner: "absent" });
    expect((await actions.cancelWorkflowRun({ ...acme, run_id: queued.id })).status).to.equal(202);
    expect(queued.conclusion).to.equal("cancelled");
    expect((await refusal(actions.cancelWorkflowRun({ ...acme, run_id: queued.id }))).status).to.equal(409);
    const runner = await connect(cloud, "one");
    const running = cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" });
    await runner.takeJob();
    await refusal(actions.downloadJobLogsForWorkflowRun({ ...acme, job_id: running.jobs[0]!.id }));
    await actions.forceCancelWorkflowRun({ ...acme, run_id: running.id });
    expect((await actions.getWorkflowRun({ ...acme, run_id: running.id })).data.conclusion).to.equal(
      "cancelled",
    );
    expect(
      (await actions.getJobForWorkflowRun({ ...acme, job_id: running.jobs[0]!.id })).data.completed_at,
    ).to.be.a("string");
  });
});
