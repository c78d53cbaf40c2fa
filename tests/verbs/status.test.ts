import { expect } from "chai";
import { restAfterBootMs } from "../../contract/asleep.ts";
import { powerOffWords } from "../../contract/last-words.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../contract/override.ts";
import type { PowerSetting, LimitsSetting } from "../../contract/parameters.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import type { EnvironmentStatus } from "../../observe/environment-status.ts";
import { parameters, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul status", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch(1, { [tags.generation]: "2" });
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
  });
  afterEach(() => clouds.close());

  const now = () => new Date(clouds.clock.now()).toISOString();
  const read = async (): Promise<EnvironmentStatus> => {
    const { code, results, said } = await clouds.longhaul(["status", "--json"]);
    expect(code, said).to.equal(0);
    return JSON.parse(results[0]!) as EnvironmentStatus;
  };
  const states = ({ runners }: EnvironmentStatus) => runners.map(({ runner, state }) => [runner, state]);

  it("shows everything about a busy machine, with the link of its job", async () => {
    const job = "acme/app/actions/runs/77";
    const desired = { power: "off", by: "ada", reason: "night", until: "2100-01-01T00:00:00.000Z" } as const;
    await clouds.writeParameter(
      parameters.override,
      formatOverrideSetting({ closing: false, runners: {}, fleet: desired }),
    );
    await clouds.connect(machine);
    const since = now();
    clouds.report(machine, "busy", { [tags.job]: job, [tags.since]: since, [tags.version]: "2.338.0" });
    const { runners, githubAsked, notes, environment } = await read();
    const { createdAt, ...details } = runners[0]!;
    expect({ environment, githubAsked, notes }).to.deep.equal({
      environment: "dev",
      githubAsked: true,
      notes: [],
    });
    expect(Date.parse(createdAt!)).to.be.closeTo(clouds.clock.now(), 60_000);
    expect(details).to.deep.equal({
      fleet: "cloud",
      runner: "dev-cloud-1",
      state: "busy",
      since,
      detail: null,
      job: `${clouds.githubUrl}/${job}`,
      instanceId: machine.instanceId,
      name: `dev-cloud-1-${machine.instanceId}`,
      instanceState: "running",
      listing: "service",
      desired,
      version: "2.338.0",
      generation: 2,
      imageId: "ami-0a10ca1c10ad24041",
      imageCreatedAt: "2025-09-12T07:14:02.000Z",
    });
  });

  it("shows runners without a machine, and machines that neither configuration nor lists contain", async () => {
    const stray = await clouds.launch(7);
    clouds.report(stray, "idle");
    await clouds.connect(stray);
    const elsewhere = await clouds.launch(1, { [tags.fleet]: "gone", [tags.runner]: "dev-gone-1" });
    clouds.host.goDown(elsewhere.instanceId, "poweroff");
    clouds.report(machine, "idle", { [tags.since]: now() });
    expect(states(await read())).to.deep.equal([
      ["dev-cloud-1", "idle"],
      ["dev-cloud-2", "missing"],
      ["dev-cloud-7", "on-no-list"],
      ["dev-gone-1", "asleep"],
    ]);
  });

  it("does not fail on a fleet's tag that is not a name", async () => {
    await clouds.launch(1, { [tags.fleet]: "../x y", [tags.runner]: "odd" });
    const odd = (await read()).runners.find(({ runner }) => runner === "odd");
    expect(odd).to.include({ listing: "unknown", desired: null });
  });

  it("does not show a terminated machine", async () => {
    clouds.instance(machine.instanceId).shutdownBehavior = "terminate";
    clouds.host.goDown(machine.instanceId, "poweroff");
    expect(states(await read())).to.deep.equal([
      ["dev-cloud-1", "missing"],
      ["dev-cloud-2", "missing"],
    ]);
  });

  it("works without GitHub's credentials, and says that it did not ask GitHub", async () => {
    clouds.useToken(undefined);
    clouds.report(machine, "idle");
    const { githubAsked, runners, notes } = await read();
    expect({ githubAsked, state: runners[0]!.state }).to.deep.equal({ githubAsked: false, state: "idle" });
    expect(notes.join()).to.include("GitHub was not asked");
  });

  it("works if GitHub or the images cannot be read, and says so", async () => {
    clouds.github.faults.add({ kind: "answer", status: 403, path: /actions\/runners/ });
    clouds.aws.faults.add({ action: "ec2:DescribeImages", error: "UnauthorizedOperation" });
    const { githubAsked, runners, notes } = await read();
    expect(githubAsked).to.equal(false);
    expect(runners[0]!.imageCreatedAt).to.equal(null);
    expect(notes.join("\n")).to.include("listing the runners").and.include("ec2:DescribeImages failed");
  });

  describe("says what keeps a machine asleep now that the budget has put to sleep:", () => {
    const spent = { power: "off", by: "budget", reason: "10.02 of 10 USD are spent in 2026-11" } as const;
    const on = { power: "on", by: "stack", reason: "no working hours are set" } as const;
    const words = powerOffWords(spent);
    const detailWith = async (
      power: PowerSetting,
      limits: LimitsSetting,
      override = initialOverrideSetting,
    ) => {
      await clouds.writeParameter(parameters.power, JSON.stringify(power));
      await clouds.writeParameter(parameters.limits, JSON.stringify(limits));
      await clouds.writeParameter(parameters.override, formatOverrideSetting(override));
      const status = (await read()).runners[0]!;
      expect(status.state).to.equal("asleep");
      return status.detail;
    };
    beforeEach(() => {
      clouds.host.goDown(machine.instanceId, "poweroff");
      clouds.report(machine, "asleep", { [tags.since]: now(), [tags.detail]: words });
    });

    it("the budget, while it is spent", async () => {
      expect(await detailWith(spent, { minimumAwake: 0 })).to.equal(
        "Power is off by budget: 10.02 of 10 USD are spent in 2026-11.",
      );
    });

    it("an operator's override and its end, if it was set meanwhile", async () => {
      const until = "2100-01-01T00:00:00.000Z";
      const fleet = { power: "off", by: "ada", reason: "maintenance", until } as const;
      expect(await detailWith(on, { minimumAwake: 0 }, { ...initialOverrideSetting, fleet })).to.equal(
        `Power is off by ada: maintenance, until ${until}.`,
      );
    });

    it("its idle timeout, if the budget is no longer spent and the fleet has one", async () => {
      expect(await detailWith(on, { idleMinutes: 30, minimumAwake: 0 })).to.equal(
        "It stays asleep until a job, working hours or minimumAwake want it: its fleet has an idle timeout of 30 min.",
      );
    });

    it("nothing, if the budget is no longer spent and the fleet has no idle timeout", async () => {
      expect(await detailWith(on, { minimumAwake: 0 })).to.equal(
        "Nothing keeps it asleep: the controller starts it within a minute.",
      );
    });

    it("a failed boot, with the time of the next start", async () => {
      clouds.report(machine, "boot-failed", { [tags.detail]: "The checksum does not fit" });
      const { launchedAt } = clouds.instance(machine.instanceId);
      const again = new Date(launchedAt + restAfterBootMs).toISOString();
      expect(await detailWith(on, { minimumAwake: 0 })).to.equal(
        `Its boot failed: The checksum does not fit. It is started again at ${again}.`,
      );
    });
  });

  describe("with a runner version that GitHub will refuse", () => {
    const pin = () => {
      const { runner } = clouds.environment.configuration.fleets.cloud!;
      Object.assign(runner, { selfUpdate: false });
      clouds.github.releaseRunner("2.340.0", "a".repeat(64));
    };

    it("says when, and what to raise it to", async () => {
      pin();
      const [note] = (await read()).notes;
      expect(note)
        .to.include("cloud: runner.version is 2.338.0, and GitHub offers 2.340.0.")
        .and.include("GitHub gives it no jobs from")
        .and.include(`runner.sha256 to ${"a".repeat(64)}`);
    });

    for (const endpoint of ["downloads", "deprecations"]) {
      it(`says that it could not compare versions, and everything else, if GitHub does not answer (${endpoint})`, async () => {
        pin();
        clouds.report(machine, "idle");
        const path = new RegExp(`actions/runners/${endpoint}`);
        clouds.github.faults.add({ kind: "answer", status: 403, path });
        const { githubAsked, runners, notes } = await read();
        expect({ githubAsked, state: runners[0]!.state }).to.deep.equal({ githubAsked: true, state: "idle" });
        expect(notes.join()).to.include("were not compared with GitHub's");
      });
    }
  });

  it("prints a table for people", async () => {
    clouds.report(machine, "boot-failed", { [tags.detail]: "The checksum does not fit." });
    const { results } = await clouds.longhaul(["status"]);
    expect(results[0]).to.match(/^RUNNER +MACHINE +STATE/);
    expect(results[0]).to.include("boot failed").and.include("The checksum does not fit.");
  });

  it("looks again and again with --watch, through temporary errors of EC2", async () => {
    clouds.aws.faults.add({ action: "ec2:DescribeInstances", error: "InternalError", times: 5 });
    clouds.meanwhile(
      () => clouds.report(machine, "idle"),
      () => clouds.report(machine, "failed"),
      () => {
        throw new Error("interrupted");
      },
    );
    const { results, said } = await clouds.longhaul(["status", "--watch", "--interval", "2", "--json"]);
    const seen = results.map((line) => (JSON.parse(line) as EnvironmentStatus).runners[0]!.state);
    expect(seen).to.deep.equal(["idle", "failed"]);
    expect(said).to.include("ec2:DescribeInstances failed (HTTP 500)").and.include("Trying again.");
  });
});
