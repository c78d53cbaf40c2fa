import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import { formatNonce } from "../../cli/smoke/nonce.ts";
import { fleet, smoke, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul smoke follow", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
  });
  afterEach(() => clouds.close());

  const dispatch = () => {
    const runner = machineName(machine.runner, machine.instanceId);
    const nonce = formatNonce({ instanceId: machine.instanceId, minutes: 360, at: clouds.clock.now() });
    return clouds.github.dispatch("acme/app", smoke.workflow, { runner, nonce });
  };
  const url = (id: number) => `${clouds.githubUrl}/acme/app/actions/runs/${id}`;
  /** Lets the machine take the job, run it for this number of looks, and end it. */
  const hold = async (looks: number, result?: string) => {
    const runner = await clouds.connect(machine);
    const job = await runner.takeJob();
    const looking = Array.from({ length: looks }, () => () => undefined);
    clouds.meanwhile(...looking, () => runner.complete(job, result));
  };

  it("follows a run to its success, with the elapsed and the expected minutes", async () => {
    const { id } = dispatch();
    await hold(3);
    const { code, results, said } = await clouds.longhaul(["smoke", "follow", url(id), "--json"]);
    expect(code, said).to.equal(0);
    expect(JSON.parse(results[0]!)).to.deep.equal({ runId: id, runUrl: url(id), conclusion: "success" });
    expect(said).to.match(/^Minute 0 of 360 on dev-cloud-1-i-/);
    expect(said).to.include("Minute 2 of 360");
  });

  it("fails when the run does not succeed", async () => {
    const { id } = dispatch();
    await hold(0, "failed");
    const { code, said } = await clouds.longhaul(["smoke", "follow", url(id)]);
    expect(code).to.equal(1);
    expect(said).to.include(`The run ended with failure: ${url(id)}`);
  });

  it("accepts a number with --repo and --api-url", async () => {
    const { id } = dispatch();
    await hold(0);
    const flags = ["--repo", "acme/app", "--api-url", clouds.target.github.apiUrl];
    expect((await clouds.longhaul(["smoke", "follow", String(id), ...flags])).code).to.equal(0);
  });

  it("finds the newest smoke test of the request's machine by itself", async () => {
    dispatch();
    await hold(0);
    const outcome = await clouds.longhaul(["smoke", "follow"], {
      target: clouds.target,
      fleet,
      machine,
      smoke,
      minutes: 360,
      wait: "start",
      onlineWithinMinutes: 15,
    });
    expect(outcome.code, outcome.said).to.equal(0);
  });

  it("says that a run is still queued", async () => {
    const { id } = dispatch();
    clouds.meanwhile(() => hold(0));
    const { code, said } = await clouds.longhaul(["smoke", "follow", url(id)]);
    expect(code).to.equal(0);
    expect(said).to.include("Queued: no runner has taken it yet.");
  });

  it("outlasts most of an hour without an answer of GitHub, and says so once", async () => {
    const { id } = dispatch();
    const begin = clouds.clock.now();
    const looks = 14;
    // Octokit makes four attempts for each look.
    clouds.meanwhile(() => clouds.github.faults.add({ kind: "answer", status: 502, times: 4 * looks }));
    await hold(looks);
    const { code, said } = await clouds.longhaul(["smoke", "follow", url(id)]);
    expect(code, said).to.equal(0);
    expect((clouds.clock.now() - begin) / 3_600_000).to.be.above(0.75);
    expect(said.match(/Trying again/g)).to.have.length(1);
  });

  it("gives up if GitHub refuses, instead of asking for hours", async () => {
    const { id } = dispatch();
    clouds.useToken("expired");
    const { code, said } = await clouds.longhaul(["smoke", "follow", url(id)]);
    expect(code).to.equal(1);
    expect(said).to.include("HTTP 401");
  });

  for (const args of [
    [],
    ["123"],
    ["https://github.com/acme/app"],
    ["123", "--repo", "acme"],
    ["123", "--poll", "0"],
  ]) {
    it(`refuses "smoke follow ${args.join(" ")}" as bad usage`, async () => {
      expect((await clouds.longhaul(["smoke", "follow", ...args])).code).to.equal(2);
    });
  }
});
