import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import type { DeclaredMachine, SmokeDispatchRequest, SmokeRun } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import { findNonce, formatNonce } from "../../cli/smoke/nonce.ts";
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
  /** Registers the machine, and lets it take the job once there is one. @param looks how often it looks for a job */
  const comeUp = async (looks = 100) => {
    const runner = await clouds.connect(machine);
    let taken: string | undefined;
    const take = async () => {
      const isQueued = clouds.github.jobs().some(({ status }) => status === "queued");
      if (isQueued && taken === undefined) taken = await runner.takeJob();
    };
    clouds.meanwhile(...Array.from({ length: looks }, () => take));
    return { complete: (result?: string) => runner.complete(taken!, result) };
  };
  const powerOff = () => {
    clouds.host.goDown(machine.instanceId, "poweroff");
  };

  it("prints the run as its only result once the job is in progress on the machine", async () => {
    await comeUp();
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

  it("gives the workflow the machine's own label, the minutes, a limit half an hour longer, and a nonce", async () => {
    await comeUp();
    await dispatching();
    const { nonce, ...inputs } = onlyRun().inputs;
    expect(inputs).to.deep.equal({ runner: name, minutes: "360", timeout_minutes: "390" });
    expect(findNonce(String(nonce))).to.include({ instanceId: machine.instanceId, minutes: 360 });
  });

  it("continues its own earlier run that is unfinished, and dispatches none", async () => {
    await comeUp();
    const first = runOf(await dispatching());
    const second = await dispatching({ minutes: 2 });
    expect(runOf(second)).to.deep.equal(first);
    expect(second.said).to.include("is unfinished, so no other one is dispatched");
    onlyRun();
  });

  it("dispatches nothing onto a machine that was in service before, and does not wait for its job", async () => {
    const labels = [name.toUpperCase(), "self-hosted", "cloud"];
    await clouds.connect(machine, { labels });
    const begin = clouds.clock.now();
    const outcome = await dispatching({ wait: "end" });
    expect(outcome.code, outcome.said).to.equal(0);
    expect(outcome.results).to.deep.equal(["null"]);
    expect(outcome.said).to.include(`${name} has been in service before`);
    expect(clouds.github.runs()).to.deep.equal([]);
    expect(clouds.clock.now()).to.be.closeTo(begin, 10_000);
  });

  it("dispatches onto a machine that has registered with its own label alone", async () => {
    await clouds.connect(machine, { labels: [name.toUpperCase()] });
    await dispatching({ onlineWithinMinutes: 1 });
    onlyRun();
  });

  for (const status of ["requested", "waiting", "pending"] as const) {
    it(`continues an earlier run that is ${status}`, async () => {
      clouds.github.faults.add({ kind: "dispatch", effect: "never-starts" });
      const at = clouds.clock.now();
      const nonce = formatNonce({ instanceId: machine.instanceId, minutes: 360, at });
      clouds.github.dispatch("acme/app", smoke.workflow, { runner: name, nonce });
      clouds.github.faults.add({ kind: "run-status", report: () => status });
      const { said } = await dispatching({ onlineWithinMinutes: 1 });
      expect(said).to.include("is unfinished, so no other one is dispatched");
      onlyRun();
    });
  }

  it("finds its run by the dispatch's answer, even if GitHub lists it late", async () => {
    clouds.github.faults.add({ kind: "answer", status: 404, path: /actions\/runs\/\d+$/, times: 2 });
    const isSearch = (method: string, path: string) =>
      method === "GET" && path.includes("actions/runs?") && !path.includes("status=");
    const proxy = await startLossyProxy(clouds.githubUrl, isSearch);
    await comeUp();
    const github = { ...clouds.target.github, apiUrl: `${proxy.url}/api/v3` };
    const outcome = await dispatching({ target: { ...clouds.target, github } });
    await proxy.close();
    expect(outcome.code, outcome.said).to.equal(0);
    expect([runOf(outcome).runId, proxy.lost()]).to.deep.equal([onlyRun().id, 0]);
  });

  for (const status of [204, 400, 422] as const) {
    it(`finds its run by its title if the server answers ${status} to a request for the run`, async () => {
      clouds.github.faults.add({ kind: "no-run-details", status });
      await comeUp();
      const outcome = await dispatching();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(runOf(outcome).runId).to.equal(onlyRun().id);
    });
  }

  describe("waits until GitHub lists the machine with its own label alone", () => {
    const nothingDispatched = () => {
      expect(clouds.github.dispatches()).to.deep.equal([]);
    };
    const setLabels = (labels: string[]) => () => {
      nothingDispatched();
      clouds.entry(machine)!.customLabels = labels;
    };

    it("until the machine has registered", async () => {
      clouds.meanwhile(nothingDispatched, nothingDispatched, comeUp);
      const { code, said } = await dispatching();
      expect(code, said).to.equal(0);
      onlyRun();
    });

    it("even if the machine has registered, because GitHub's list can be late", async () => {
      await comeUp();
      const looks: number[] = [];
      const report = () => {
        looks.push(clouds.github.dispatches().length);
        return [];
      };
      clouds.github.faults.add({ kind: "listed-labels", times: 3, report });
      const { code, said } = await dispatching();
      expect(code, said).to.equal(0);
      expect(looks).to.deep.equal([0, 0, 0]);
      onlyRun();
    });

    it("until labels that were added by hand are removed", async () => {
      clouds.meanwhile(setLabels([name, "gpu"]), setLabels([name.toUpperCase()]));
      await comeUp();
      clouds.entry(machine)!.customLabels = ["gpu", name];
      const { code, said } = await dispatching();
      expect(code, said).to.equal(0);
      onlyRun();
    });

    for (const [what, labels, listed] of [
      ["others beside it", ["cloud", "gpu"], "with the labels cloud, gpu"],
      ["another", ["gpu"], "with the label gpu"],
      ["none", [], "without a label"],
    ] as const)
      it(`and says if it lists ${what}`, async () => {
        await clouds.connect(machine);
        clouds.github.faults.add({ kind: "listed-labels", report: () => [...labels] });
        const { code, said } = await dispatching({ onlineWithinMinutes: 1 });
        expect(code).to.equal(1);
        expect(said)
          .to.include(`Runner ${machine.runner} did not begin its smoke test within 1 min`)
          .and.include(
            `GitHub lists it ${listed}. Until it is proven it must have its own label alone (${name})`,
          )
          .and.include("#other-labels");
        nothingDispatched();
      });

    it("unless the machine turns out to have been in service", async () => {
      clouds.meanwhile(() => clouds.connect(machine, { labels: [name, "self-hosted", "cloud"] }));
      const { code, said, results } = await dispatching();
      expect(code, said).to.equal(0);
      expect(results).to.deep.equal(["null"]);
      nothingDispatched();
    });
  });

  it("dispatches for another machine while this one's run is unfinished", async () => {
    await comeUp(2);
    await dispatching();
    machine = await clouds.launch(2);
    await comeUp();
    expect((await dispatching()).code).to.equal(0);
    expect(clouds.github.runs()).to.have.length(2);
  });

  it("does not dispatch twice if only the answer was lost and there is a run", async () => {
    const isDispatch = (method: string, path: string) => method === "POST" && path.endsWith("/dispatches");
    const proxy = await startLossyProxy(clouds.githubUrl, isDispatch);
    await comeUp();
    const github = { ...clouds.target.github, apiUrl: `${proxy.url}/api/v3` };
    const { code, said } = await dispatching({ target: { ...clouds.target, github } });
    await proxy.close();
    expect(code, said).to.equal(0);
    expect(proxy.lost()).to.equal(1);
    onlyRun();
  });

  it("dispatches again if there was no answer and no run appears", async () => {
    clouds.github.faults.add({ kind: "answer", status: 502, method: "POST", path: /dispatches/, times: 1 });
    await comeUp();
    const { code, said } = await dispatching();
    expect(code, said).to.equal(0);
    expect(said).to.include("no clear answer");
    onlyRun();
  });

  it("waits until GitHub knows a workflow that is new", async () => {
    const elsewhere = { ...smoke, workflow: "new.yml" };
    const text = clouds.smokeWorkflow;
    clouds.meanwhile(() => {
      clouds.github.push("acme/app", ".github/workflows/new.yml", text);
    });
    await comeUp();
    expect((await dispatching({ smoke: elsewhere })).code).to.equal(0);
  });

  it("says what is missing if the workflow does not exist", async () => {
    await clouds.connect(machine);
    const { code, said } = await dispatching({ smoke: { ...smoke, workflow: "none.yml" } });
    expect(code).to.equal(1);
    expect(said).to.include("dispatching none.yml in acme/app (HTTP 404");
  });

  it("fails if GitHub accepts the dispatch and shows no run", async () => {
    await clouds.connect(machine);
    clouds.github.faults.add({ kind: "dispatch", effect: "no-run" });
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(said).to.include("shows no run of longhaul-smoke.yml").and.include("#no-run");
    expect(clouds.github.dispatches()).to.have.length(1);
  });

  it("dispatches nothing onto a machine that never registers, and says what it found", async () => {
    clouds.report(machine, "booting", {
      [tags.since]: "2026-03-01T10:00:00Z",
      [tags.detail]: "installing Docker",
    });
    const begin = clouds.clock.now();
    const { code, said, results } = await dispatching({ onlineWithinMinutes: 1 });
    expect(code).to.equal(1);
    expect(results).to.deep.equal([]);
    expect((clouds.clock.now() - begin) / 60_000).to.be.within(1, 2);
    expect(clouds.github.dispatches()).to.deep.equal([]);
    expect(said).to.include(
      `Runner dev-cloud-1 did not begin its smoke test within 1 min: its machine ${machine.instanceId} is running, ` +
        "reports booting since 2026-03-01T10:00:00Z (installing Docker), and has no entry at GitHub. ",
    );
    expect(said).to.include("#not-registered");
  });

  it("does not wait for a machine after its boot has failed", async () => {
    clouds.report(machine, "boot-failed");
    const begin = clouds.clock.now();
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(clouds.clock.now() - begin).to.be.below(60_000);
    expect(said).to.include("cannot begin its smoke test").and.include("#boot-failed");
    expect(clouds.github.dispatches()).to.deep.equal([]);
  });

  it("cancels the run of a machine that powers off before it has begun", async () => {
    await clouds.connect(machine);
    clouds.meanwhile(powerOff);
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(said).to.include("cannot begin its smoke test").and.include("#machine-stopped");
    const { id, conclusion } = onlyRun();
    expect(conclusion).to.equal("cancelled");
    expect(said).to.include("At GitHub its job is queued.");
    expect(said).to.include(`has been cancelled: ${clouds.githubUrl}/acme/app/actions/runs/${id}`);
  });

  it("says so if GitHub never assigns the job to a machine that is online", async () => {
    clouds.github.faults.add({ kind: "dispatch", effect: "never-starts" });
    await clouds.connect(machine);
    const { code, said } = await dispatching({ onlineWithinMinutes: 1 });
    expect(code).to.equal(1);
    expect(said).to.include("is online at GitHub").and.include("#no-job");
    expect(onlyRun().conclusion).to.equal("cancelled");
  });

  it("says at once that the organisation forbids dispatches if a run ends before it has a job", async () => {
    await clouds.connect(machine);
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

  it("fails and cancels the run if another runner has taken the job", async () => {
    const other = await clouds.connect(machine, { name: "impostor", labels: [name] });
    await clouds.connect(machine);
    clouds.meanwhile(() => other.takeJob());
    const { code, said } = await dispatching();
    expect(code).to.equal(1);
    expect(said).to.include(`The smoke test of ${name} was taken by the runner impostor`);
    expect(said).to.include("has been cancelled");
    expect(onlyRun().cancelled).to.equal(true);
  });

  it("says so if the run could not be cancelled", async () => {
    await clouds.connect(machine);
    clouds.meanwhile(powerOff);
    clouds.github.faults.add({ kind: "answer", status: 500, method: "POST", path: /cancel/ });
    const { said } = await dispatching();
    expect(said).to.include("could not be cancelled; do it by hand").and.include("#machine-stopped");
  });

  it("with wait: end, follows the run to its success", async () => {
    const runner = await comeUp();
    clouds.meanwhile(() => runner.complete());
    const outcome = await dispatching({ wait: "end" });
    expect(outcome.code, outcome.said).to.equal(0);
    expect(runOf(outcome).conclusion).to.equal("success");
  });

  it("with wait: end, fails if the run does", async () => {
    const runner = await comeUp();
    clouds.meanwhile(() => runner.complete("failed"));
    const { code, said, results } = await dispatching({ wait: "end" });
    expect(code).to.equal(1);
    expect(said).to.include("ended with failure");
    expect(results).to.deep.equal([]);
  });

  it("prints neither the token nor an AWS key, whatever happens", async () => {
    await clouds.connect(machine);
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
