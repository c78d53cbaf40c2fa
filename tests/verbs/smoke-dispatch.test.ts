import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import type { DeclaredMachine, SmokeDispatchRequest, SmokeRun } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import { findNonce, formatNonce } from "../../scripts/smoke/nonce.ts";
import { fleet, githubToken, smoke, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";
import { startLossyProxy } from "./lossy-proxy.ts";

describe("longhaul smoke dispatch", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  let name: string;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    name = machineName(machine.runner, machine.instanceId);
  });
  afterEach(() => clouds.close());

  const dispatching = (more: Partial<SmokeDispatchRequest> = {}) =>
    clouds.longhaul(["smoke", "dispatch"], {
      target: clouds.target,
      fleet,
      machine,
      smoke,
      minutes: 360,
      wait: "start",
      onlineWithinMinutes: 15,
      ...more,
    } satisfies SmokeDispatchRequest);
  const runOf = ({ results }: { results: string[] }) => JSON.parse(results[0]!) as SmokeRun;
  const onlyRun = () => {
    expect(clouds.github.runs()).to.have.length(1);
    return clouds.github.runs()[0]!;
  };
  const takeJob = async () => (await clouds.connect(machine)).takeJob();
  /** Takes the job as soon as there is a run. */
  const takeJobOnce = async () => {
    if (clouds.github.runs().length > 0 && !clouds.entry(machine)) await takeJob();
  };

  it("prints the run as its only result once the job is in progress on the machine", async () => {
    clouds.meanwhile(() => undefined, takeJob);
    const outcome = await dispatching();
    expect(outcome.code, outcome.said).to.equal(0);
    expect(outcome.results).to.have.length(1);
    const { id } = onlyRun();
    expect(runOf(outcome)).to.deep.equal({
      workflow: "longhaul-smoke.yml",
      runId: id,
      runUrl: `${clouds.githubUrl}/acme/app/actions/runs/${id}`,
      expectedRunner: name,
      actualRunner: name,
      minutes: 360,
    });
  });

  it("tells the workflow the machine's own label, the minutes, half an hour more, and a nonce", async () => {
    clouds.meanwhile(takeJob);
    await dispatching();
    const { nonce, ...inputs } = onlyRun().inputs;
    expect(inputs).to.deep.equal({ runner: name, minutes: "360", timeout_minutes: "390" });
    expect(findNonce(String(nonce))).to.include({ instanceId: machine.instanceId, minutes: 360 });
  });

  it("takes up its own earlier run that is still going, and dispatches none", async () => {
    clouds.meanwhile(takeJob);
    const first = runOf(await dispatching());
    const second = await dispatching({ minutes: 2 });
    expect(runOf(second)).to.deep.equal(first);
    expect(second.said).to.include("taken up again");
    onlyRun();
  });

  it("dispatches none onto a machine that was in service before, and does not wait for its job", async () => {
    const labels = [name.toUpperCase(), "cloud"];
    await clouds.connect(machine, { labels });
    const begin = clouds.clock.now();
    const outcome = await dispatching({ wait: "end" });
    expect(outcome.code, outcome.said).to.equal(0);
    expect(outcome.results).to.deep.equal(["null"]);
    expect(outcome.said).to.include(`${name} has been in service before`);
    expect(clouds.github.runs()).to.deep.equal([]);
    expect(clouds.clock.now()).to.be.closeTo(begin, 10_000);
  });

  it("dispatches onto a machine that has registered and has but its own label", async () => {
    await clouds.connect(machine, { labels: [name.toUpperCase()] });
    await dispatching({ onlineWithinMinutes: 1 });
    onlyRun();
  });

  for (const status of ["requested", "waiting", "pending"] as const) {
    it(`takes up an earlier run that is ${status}`, async () => {
      clouds.github.faults.add({ kind: "dispatch", effect: "never-starts" });
      const at = clouds.clock.now();
      const nonce = formatNonce({ instanceId: machine.instanceId, minutes: 360, at });
      clouds.github.dispatch("acme/app", smoke.workflow, { runner: name, nonce });
      clouds.github.faults.add({ kind: "run-status", report: () => status });
      const { said } = await dispatching({ onlineWithinMinutes: 1 });
      expect(said).to.include("taken up again");
      onlyRun();
    });
  }

  it("knows its run by the dispatch's answer, also where GitHub lists it late", async () => {
    clouds.github.faults.add({ kind: "answer", status: 404, path: /actions\/runs\/\d+$/, times: 2 });
    const isSearch = (method: string, path: string) =>
      method === "GET" && path.includes("actions/runs?") && !path.includes("status=");
    const proxy = await startLossyProxy(clouds.githubUrl, isSearch);
    clouds.meanwhile(...Array.from({ length: 10 }, () => takeJobOnce));
    const github = { ...clouds.target.github, apiUrl: `${proxy.url}/api/v3` };
    const outcome = await dispatching({ target: { ...clouds.target, github } });
    await proxy.close();
    expect(outcome.code, outcome.said).to.equal(0);
    expect([runOf(outcome).runId, proxy.lost()]).to.deep.equal([onlyRun().id, 0]);
  });

  for (const status of [204, 400, 422] as const) {
    it(`looks for its run by its title where the server answers ${status} to who asks for it`, async () => {
      clouds.github.faults.add({ kind: "no-run-details", status });
      clouds.meanwhile(takeJob);
      const outcome = await dispatching();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(runOf(outcome).runId).to.equal(onlyRun().id);
    });
  }

  it("dispatches for another machine although that of this one is going", async () => {
    clouds.meanwhile(takeJob);
    await dispatching();
    machine = await clouds.launch(2);
    clouds.meanwhile(takeJob);
    expect((await dispatching()).code).to.equal(0);
    expect(clouds.github.runs()).to.have.length(2);
  });

  it("does not dispatch twice when the answer was lost but a run was made", async () => {
    const isDispatch = (method: string, path: string) => method === "POST" && path.endsWith("/dispatches");
    const proxy = await startLossyProxy(clouds.githubUrl, isDispatch);
    clouds.meanwhile(takeJob);
    const github = { ...clouds.target.github, apiUrl: `${proxy.url}/api/v3` };
    const { code, said } = await dispatching({ target: { ...clouds.target, github } });
    await proxy.close();
    expect(code, said).to.equal(0);
    expect(proxy.lost()).to.equal(1);
    onlyRun();
  });

  it("dispatches again when there was no answer and no run of it appears", async () => {
    clouds.github.faults.add({ kind: "answer", status: 502, method: "POST", path: /dispatches/, times: 1 });
    clouds.meanwhile(...Array.from({ length: 100 }, () => takeJobOnce));
    const { code, said } = await dispatching();
    expect(code, said).to.equal(0);
    expect(said).to.include("no clear answer");
    onlyRun();
  });

  it("waits until GitHub knows a workflow that is new", async () => {
    const elsewhere = { ...smoke, workflow: "new.yml" };
    const text = clouds.smokeWorkflow;
    clouds.meanwhile(
      () => {
        clouds.github.push("acme/app", ".github/workflows/new.yml", text);
      },
      takeJobOnce,
      takeJobOnce,
      takeJobOnce,
    );
    expect((await dispatching({ smoke: elsewhere })).code).to.equal(0);
  });

  it("says what is missing when the workflow does not exist", async () => {
    const { code, said } = await dispatching({ smoke: { ...smoke, workflow: "none.yml", ref: "main" } });
    expect(code).to.equal(1);
    expect(said).to.include("dispatching none.yml in acme/app (HTTP 404");
  });

  it("fails when GitHub takes the dispatch and shows no run", async () => {
    clouds.github.faults.add({ kind: "dispatch", effect: "no-run" });
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(said).to.include("shows no run of longhaul-smoke.yml").and.include("#no-run");
    expect(clouds.github.dispatches()).to.have.length(1);
  });

  it("cancels the run of a machine that never comes online, and says what it found", async () => {
    clouds.report(machine, "booting", {
      [tags.since]: "2026-03-01T10:00:00Z",
      [tags.detail]: "installing Docker",
    });
    const begin = clouds.clock.now();
    const { code, said, results } = await dispatching({ onlineWithinMinutes: 1 });
    expect(code).to.equal(1);
    expect(results).to.deep.equal([]);
    expect((clouds.clock.now() - begin) / 60_000).to.be.within(1, 2);
    const { id, conclusion } = onlyRun();
    expect(conclusion).to.equal("cancelled");
    expect(said).to.include(
      `Runner dev-cloud-1 did not begin its smoke test within 1 min: its machine ${machine.instanceId} is running, ` +
        "reports booting since 2026-03-01T10:00:00Z (installing Docker), and has no entry at GitHub. ",
    );
    expect(said).to.include("At GitHub its job is queued.");
    expect(said).to.include(`has been cancelled: ${clouds.githubUrl}/acme/app/actions/runs/${id}`);
  });

  it("does not wait for a machine whose boot has failed", async () => {
    clouds.report(machine, "boot-failed");
    const begin = clouds.clock.now();
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(clouds.clock.now() - begin).to.be.below(60_000);
    expect(said).to.include("cannot begin its smoke test").and.include("#boot-failed");
    expect(onlyRun().conclusion).to.equal("cancelled");
  });

  it("says so when GitHub never hands the job to a machine that is online", async () => {
    clouds.github.faults.add({ kind: "dispatch", effect: "never-starts" });
    await clouds.connect(machine);
    const { code, said } = await dispatching({ onlineWithinMinutes: 1 });
    expect(code).to.equal(1);
    expect(said).to.include("is online at GitHub").and.include("#no-job");
    expect(onlyRun().conclusion).to.equal("cancelled");
  });

  it("says at once that the organisation forbids dispatches, whose runs end before they have a job", async () => {
    clouds.github.allowEvents("acme/app", ["push", "pull_request"]);
    const begin = clouds.clock.now();
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(clouds.clock.now() - begin).to.be.below(60_000);
    expect(said)
      .to.include("GitHub ended the run of longhaul-smoke.yml (startup_failure) before it had a job")
      .and.include("forbids the event workflow_dispatch")
      .and.include("#dispatch-forbidden")
      .and.include(`The run has ended: ${clouds.githubUrl}/acme/app/actions/runs/${onlyRun().id}`);
  });

  it("fails and cancels when another runner has taken the job", async () => {
    const other = await clouds.connect(machine, { name: "impostor", labels: [name] });
    clouds.meanwhile(() => other.takeJob());
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(said).to.include(`The smoke test of ${name} was taken by the runner impostor`);
    expect(said).to.include("has been cancelled");
    expect(onlyRun().cancelled).to.equal(true);
  });

  it("tells when the run could not be cancelled", async () => {
    clouds.report(machine, "failed");
    clouds.github.faults.add({ kind: "answer", status: 500, method: "POST", path: /cancel/ });
    const { said } = await dispatching();
    expect(said).to.include("could not be cancelled; do it by hand").and.include("#listener-failed");
  });

  it("with wait: end, follows the run to its success", async () => {
    const ending = async () => {
      const runner = await clouds.connect(machine);
      const job = await runner.takeJob();
      clouds.meanwhile(
        () => undefined,
        () => runner.complete(job),
      );
    };
    clouds.meanwhile(ending);
    const outcome = await dispatching({ wait: "end" });
    expect(outcome.code, outcome.said).to.equal(0);
    expect(runOf(outcome).conclusion).to.equal("success");
  });

  it("with wait: end, fails when the run does", async () => {
    const failing = async () => {
      const runner = await clouds.connect(machine);
      const job = await runner.takeJob();
      clouds.meanwhile(() => runner.complete(job, "failed"));
    };
    clouds.meanwhile(failing);
    const { code, said, results } = await dispatching({ wait: "end" });
    expect(code).to.equal(1);
    expect(said).to.include("ended with failure");
    expect(results).to.deep.equal([]);
  });

  it("prints neither the token nor an AWS key, whatever happens", async () => {
    clouds.github.faults.add({ kind: "answer", status: 500, path: /jobs/, times: 5 });
    clouds.aws.faults.add({ action: "ec2:DescribeInstances", error: "InternalError" });
    const { said, results } = await dispatching({ onlineWithinMinutes: 1 });
    const printed = said + results.join("");
    expect(said).to.include("Trying again");
    for (const secret of [
      githubToken,
      clouds.aws.operator.accessKeyId,
      clouds.aws.operator.secretAccessKey,
    ]) {
      expect(printed).to.not.include(secret);
    }
  });
});
