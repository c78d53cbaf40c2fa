import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import {
  formatOverrideSetting,
  initialOverrideSetting,
  parseOverrideSetting,
} from "../../contract/override.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import type { PowerResult } from "../../cli/operator/set-power.ts";
import { parameters, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul sleep and wake", () => {
  let clouds: Clouds;
  let one: DeclaredMachine;
  let two: DeclaredMachine;
  beforeEach(async () => {
    clouds = await startClouds();
    one = await clouds.launch(1);
    two = await clouds.launch(2);
    const ids = [one.instanceId, two.instanceId];
    await clouds.writeLists(ids, ids);
  });
  afterEach(() => clouds.close());

  const overrides = () => parseOverrideSetting(clouds.parameter(parameters.override))!;
  const down = (...machines: DeclaredMachine[]) => {
    for (const { instanceId } of machines) clouds.host.goDown(instanceId, "poweroff");
  };
  const calls = (action: string) => clouds.aws.calls().filter((call) => call.action === action).length;
  const resultOf = ({ results }: { results: string[] }) => JSON.parse(results[0]!) as PowerResult;
  const nothing = () => undefined;

  describe("sleep", () => {
    it("writes the override with name, reason and end, and waits until the machines are stopped", async () => {
      clouds.meanwhile(nothing, () => {
        down(one, two);
      });
      const { code, said } = await clouds.longhaul([
        ...["sleep", "--fleet", "cloud", "--until", "2h", "--reason", "quiet night"],
      ]);
      expect(code, said).to.equal(0);
      const { fleet, closing, runners } = overrides();
      expect(fleet).to.include({ power: "off", reason: "quiet night" });
      expect(fleet!.by).to.match(/^[\w/.@-]+$/);
      expect(Date.parse(fleet!.until!) - clouds.clock.now()).to.be.within(0, 2 * 3_600_000);
      expect({ closing, runners }).to.deep.equal({ closing: false, runners: {} });
      expect(said).to.include("2 machine(s) are asleep.");
      for (const action of ["ec2:StopInstances", "ec2:StartInstances"])
        expect(calls(action), action).to.equal(0);
    });

    it("does nothing new when it is run again", async () => {
      const sleeping = () => clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait"]);
      expect((await sleeping()).code).to.equal(0);
      const writes = calls("ssm:PutParameter");
      const again = await sleeping();
      expect({ code: again.code, writes: calls("ssm:PutParameter") }).to.deep.equal({ code: 0, writes });
      expect(again.said).to.include("already");
    });

    it("does not count machines that are terminated", async () => {
      clouds.instance(one.instanceId).shutdownBehavior = "terminate";
      down(one, two);
      const { said } = await clouds.longhaul(["sleep", "--fleet", "cloud"]);
      expect(said).to.include("1 machine(s) are asleep.");
    });

    it("waits only for the named runners", async () => {
      clouds.meanwhile(nothing, () => {
        down(two);
      });
      const { code } = await clouds.longhaul(["sleep", "--runner", "dev-cloud-2"]);
      expect(code).to.equal(0);
      expect(Object.keys(overrides().runners)).to.deep.equal(["dev-cloud-2"]);
      expect(clouds.instance(one.instanceId).state).to.equal("running");
    });

    it("gives up on a busy machine with exit code 3 and the link of its job, and ends nothing", async () => {
      const job = "acme/app/actions/runs/77";
      clouds.report(one, "busy", { [tags.job]: job });
      clouds.meanwhile(nothing, () => {
        down(two);
      });
      const outcome = await clouds.longhaul(["sleep", "--fleet", "cloud", "--wait-minutes", "1", "--json"]);
      expect(outcome.code).to.equal(3);
      const line = `${machineName(one.runner, one.instanceId)} (running, busy): ${clouds.githubUrl}/${job}`;
      expect(outcome.said).to.include(`After 1 min, 1 machine(s) are not asleep yet:\n  ${line}\n`);
      expect(resultOf(outcome).left).to.deep.equal([{ ...one, why: line }]);
      expect(clouds.instance(one.instanceId).state).to.equal("running");
    });

    it("reports a runner that has an override of its own, and does not wait for it", async () => {
      const own = { power: "on", by: "bob", reason: "demo" } as const;
      const setting = { ...initialOverrideSetting, runners: { "dev-cloud-1": own } };
      await clouds.writeParameter(parameters.override, formatOverrideSetting(setting));
      clouds.meanwhile(nothing, () => {
        down(two);
      });
      const { code, said } = await clouds.longhaul(["sleep", "--fleet", "cloud"]);
      expect(code).to.equal(0);
      expect(said).to.include(`${machineName(one.runner, one.instanceId)} stays on: set by bob (demo).`);
      expect(overrides().runners).to.deep.equal({ "dev-cloud-1": own });
    });

    it("stops waiting for a machine that another operator wakes meanwhile", async () => {
      const other = {
        ...initialOverrideSetting,
        fleet: { power: "on", by: "bob", reason: "hotfix" } as const,
      };
      clouds.meanwhile(nothing, () =>
        clouds.writeParameter(parameters.override, formatOverrideSetting(other)),
      );
      const { code, said } = await clouds.longhaul(["sleep", "--fleet", "cloud"]);
      expect(code).to.equal(0);
      expect(said).to.include("stays on: set by bob (hotfix).");
      expect(overrides().fleet!.by).to.equal("bob");
    });

    it("removes overrides with --clear, and does not wait", async () => {
      await clouds.longhaul(["sleep", "--fleet", "cloud", "--no-wait"]);
      const outcome = await clouds.longhaul(["sleep", "--fleet", "cloud", "--clear", "--json"]);
      expect(outcome.code).to.equal(0);
      expect(overrides()).to.deep.equal(initialOverrideSetting);
      expect(JSON.parse(outcome.results[0]!)).to.deep.equal({
        override: null,
        fleets: [{ fleet: "cloud", outcome: "written" }],
      });
    });
  });

  describe("for every fleet", () => {
    it("needs a confirmation, and does nothing without a yes", async () => {
      const { code, said } = await clouds.longhaul(["sleep", "--no-wait"]);
      expect(code).to.equal(1);
      expect(said).to.include("Put to sleep every fleet of dev (cloud)?").and.include("Nothing was done.");
      expect(overrides()).to.deep.equal(initialOverrideSetting);
    });

    it("goes ahead after a yes, or with --yes", async () => {
      clouds.answer(true);
      expect((await clouds.longhaul(["sleep", "--no-wait"])).code).to.equal(0);
      expect(overrides().fleet!.power).to.equal("off");
      expect((await clouds.longhaul(["wake", "--no-wait", "--yes"])).code).to.equal(0);
      expect(overrides().fleet!.power).to.equal("on");
    });
  });

  describe("two operators at once", () => {
    it("keep both overrides", async () => {
      const [first, second] = await Promise.all([
        clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait"]),
        clouds.longhaul(["sleep", "--runner", "dev-cloud-2", "--no-wait"]),
      ]);
      expect([first.code, second.code]).to.deep.equal([0, 0]);
      expect(Object.keys(overrides().runners).sort()).to.deep.equal(["dev-cloud-1", "dev-cloud-2"]);
    });

    it("write again if their write was lost, and keep what the other operator wrote", async () => {
      const theirs = {
        ...initialOverrideSetting,
        runners: { "dev-cloud-2": { power: "on", by: "bob", reason: "x" } as const },
      };
      clouds.meanwhile(() => clouds.writeParameter(parameters.override, formatOverrideSetting(theirs)));
      const { code } = await clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait"]);
      expect(code).to.equal(0);
      expect(Object.keys(overrides().runners).sort()).to.deep.equal(["dev-cloud-1", "dev-cloud-2"]);
    });

    it("leave a later override for the same runner as it is, and say so", async () => {
      const theirs = { power: "on", by: "bob", reason: "hotfix" } as const;
      const later = formatOverrideSetting({ ...initialOverrideSetting, runners: { "dev-cloud-1": theirs } });
      clouds.meanwhile(() => clouds.writeParameter(parameters.override, later));
      const { code, said } = await clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait"]);
      expect(code).to.equal(0);
      expect(said)
        .to.include(
          "Somebody else has changed the overrides for dev-cloud-1 after you did, and the later change holds.",
        )
        .and.include("stays on: set by bob (hotfix).")
        .and.not.include("Power of dev-cloud-1");
      expect(overrides().runners).to.deep.equal({ "dev-cloud-1": theirs });
    });

    it("give up if others keep overwriting it", async () => {
      const over = () =>
        clouds.writeParameter(parameters.override, formatOverrideSetting(initialOverrideSetting));
      clouds.meanwhile(...Array.from({ length: 10 }, () => over));
      const { code, said } = await clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait"]);
      expect(code).to.equal(1);
      expect(said).to.include("somebody else overwrote it each time");
    });
  });

  describe("if the parameter is full", () => {
    const reason = "x".repeat(150);
    const until = () => new Date(clouds.clock.now() + 3_600_000).toISOString();
    const full = () => {
      const each = { power: "off", by: "ada", reason, until: until() } as const;
      const runners = Array.from({ length: 16 }, (_, index) => [
        `dev-cloud-${index + 3}`,
        { ...each, by: `ada-${index}` },
      ]);
      return {
        ...initialOverrideSetting,
        runners: Object.fromEntries(runners) as Record<string, typeof each>,
      };
    };
    const sleeping = () =>
      clouds.longhaul(["sleep", "--runner", "dev-cloud-1", "--no-wait", "--reason", reason]);

    it("say so with what to do, and write nothing", async () => {
      const before = formatOverrideSetting(full());
      await clouds.writeParameter(parameters.override, before);
      const { code, said } = await sleeping();
      expect(code).to.equal(1);
      expect(said)
        .to.match(
          /The overrides of the fleet dev-cloud do not fit into one parameter: \S+ would have 4\d{3} characters/,
        )
        .and.include("Nothing was written.");
      expect(clouds.parameter(parameters.override)).to.equal(before);
    });

    it("write if expired overrides make room", async () => {
      await clouds.writeParameter(parameters.override, formatOverrideSetting(full()));
      clouds.clock.advance(3_600_000);
      const { code, said } = await sleeping();
      expect(code, said).to.equal(0);
      expect(Object.keys(overrides().runners)).to.deep.equal(["dev-cloud-1"]);
    });

    it("write all runners of the largest fleet into one parameter", async () => {
      const runners = Array.from({ length: 100 }, (_, index) => `dev-cloud-${index + 1}`);
      for (const runner of runners.slice(2)) await clouds.launch(Number(runner.split("-").at(-1)));
      const { code, said } = await clouds.longhaul(["sleep", "--runner", ...runners, "--no-wait"]);
      expect(code, said).to.equal(0);
      expect(Object.keys(overrides().runners)).to.have.length(100);
    });
  });

  describe("wake", () => {
    const connect = async (...machines: DeclaredMachine[]) => {
      for (const machine of machines) await clouds.connect(machine);
    };

    it("starts the machines that are asleep, in one call, and waits until they are online", async () => {
      down(one, two);
      clouds.meanwhile(
        nothing,
        () => connect(one),
        () => connect(two),
      );
      const outcome = await clouds.longhaul(["wake", "--fleet", "cloud", "--json"]);
      expect(outcome.code, outcome.said).to.equal(0);
      expect(overrides().fleet!.power).to.equal("on");
      expect(resultOf(outcome).started).to.deep.equal([one.instanceId, two.instanceId]);
      expect(calls("ec2:StartInstances")).to.equal(1);
      expect(outcome.said).to.include("2 machine(s) are awake.");
      const again = await clouds.longhaul(["wake", "--fleet", "cloud", "--json"]);
      expect({ code: again.code, started: resultOf(again).started }).to.deep.equal({ code: 0, started: [] });
      expect(calls("ec2:StartInstances")).to.equal(1);
    });

    it("starts no machine that is on no list, and none of a fleet with unreadable lists", async () => {
      await clouds.writeLists([one.instanceId], [one.instanceId]);
      down(one, two);
      const first = await clouds.longhaul(["wake", "--fleet", "cloud", "--no-wait", "--json"]);
      expect(resultOf(first).started).to.deep.equal([one.instanceId]);
      expect(first.said).to.include(`${machineName(two.runner, two.instanceId)} is on no list of its fleet`);
      down(one);
      await clouds.writeParameter(parameters.roster, "{");
      await clouds.writeParameter(parameters.candidates, "{");
      const second = await clouds.longhaul(["wake", "--fleet", "cloud", "--no-wait", "--json"]);
      expect(resultOf(second).started).to.deep.equal([]);
      expect(second.said).to.include("the lists of its fleet cannot be read");
    });

    it("reports at once a machine that EC2 agreed to start and did not, and waits only for the others", async () => {
      down(one, two);
      clouds.clock.advance(1000);
      clouds.aws.faults.add({ action: "machine:Start", error: "Client.InternalError" });
      clouds.meanwhile(nothing, () => connect(two));
      const outcome = await clouds.longhaul(["wake", "--fleet", "cloud", "--json"]);
      expect(outcome.code).to.equal(1);
      const why = "EC2 agreed to start it and did not: Client.InternalError: Client error on launch.";
      expect(outcome.said).to.include(
        `${machineName(one.runner, one.instanceId)} could not be started: ${why}`,
      );
      expect(outcome.said).to.include("1 machine(s) are awake.");
      expect(resultOf(outcome)).to.deep.include({ notStarted: [{ ...one, why }], left: [] });
    });

    it("refuses if the budget has turned power off, before anything is written", async () => {
      const off = { power: "off", by: "budget", reason: "102 % of 500 USD" };
      await clouds.writeParameter(parameters.power, JSON.stringify(off));
      down(one);
      const { code, said } = await clouds.longhaul(["wake", "--fleet", "cloud"]);
      expect(code).to.equal(1);
      expect(said).to.include("cloud (102 % of 500 USD)").and.include("Nothing was done.");
      expect(overrides()).to.deep.equal(initialOverrideSetting);
      expect(calls("ec2:StartInstances")).to.equal(0);
    });

    it("exceeds the budget with --over-budget and --until", async () => {
      const off = { power: "off", by: "budget", reason: "102 % of 500 USD" };
      await clouds.writeParameter(parameters.power, JSON.stringify(off));
      down(one);
      const endless = await clouds.longhaul(["wake", "--fleet", "cloud", "--over-budget"]);
      expect(endless.code).to.equal(2);
      expect(endless.said).to.include("--until");
      expect(overrides()).to.deep.equal(initialOverrideSetting);
      const { code, said } = await clouds.longhaul([
        ...["wake", "--fleet", "cloud", "--over-budget", "--until", "2h", "--no-wait"],
      ]);
      expect(code, said).to.equal(0);
      expect(said).to.include("over the budget");
      expect(overrides().fleet).to.include({ power: "on", overBudget: true }).and.have.property("until");
      expect(calls("ec2:StartInstances")).to.equal(1);
    });

    it("starts them one by one if one is refused, says why, and waits for the others", async () => {
      down(one, two);
      // The first fault is for the call for both machines, the second for the call for the first one.
      clouds.aws.faults.add({ action: "ec2:StartInstances", error: "InsufficientHostCapacity", times: 2 });
      clouds.meanwhile(nothing, () => connect(two));
      const outcome = await clouds.longhaul(["wake", "--fleet", "cloud", "--json"]);
      expect(outcome.code).to.equal(1);
      expect(resultOf(outcome).started).to.deep.equal([two.instanceId]);
      const [refused] = resultOf(outcome).notStarted;
      expect(refused).to.include(one);
      expect(refused!.why).to.include("InsufficientHostCapacity");
      expect(outcome.said).to.include("1 machine(s) could not be started: dev-cloud-1.");
    });

    it("describes a machine that is not online in time, with exit code 3", async () => {
      down(one);
      const { code, said } = await clouds.longhaul([
        "wake",
        "--runner",
        "dev-cloud-1",
        "--wait-minutes",
        "2",
      ]);
      expect(code).to.equal(3);
      expect(said).to.include("1 machine(s) are not online yet:\n  Runner dev-cloud-1: its machine");
    });

    it("counts a running machine as awake without GitHub's credentials, and says so", async () => {
      clouds.useToken(undefined);
      down(one);
      const { code, said } = await clouds.longhaul(["wake", "--runner", "dev-cloud-1"]);
      expect(code).to.equal(0);
      expect(said).to.include("no GitHub credentials");
    });
  });

  const refusals: [string[], string][] = [
    [["--fleet", "gpu"], "There is no fleet gpu. The fleets are cloud."],
    [
      ["--runner", "dev-cloud-9"],
      "There is no runner dev-cloud-9. The runners are dev-cloud-1, dev-cloud-2.",
    ],
    [["--fleet", "cloud", "--until", "yesterday"], "--until does not understand"],
    [["--fleet", "cloud", "--reason", "a\nb"], "--reason takes one line"],
    [["--fleet", "cloud", "--clear", "--until", "2h"], "--clear removes overrides"],
  ];
  for (const [args, why] of refusals) {
    it(`refuse ${args.join(" ").replace("\n", "\\n")} and write nothing`, async () => {
      for (const verb of ["sleep", "wake"]) {
        const { code, said } = await clouds.longhaul([verb, ...args]);
        expect(code).to.equal(2);
        expect(said).to.include(why);
      }
      expect(calls("ssm:PutParameter")).to.equal(0);
    });
  }

  it("say that a fleet has no parameters, and do not create them", async () => {
    clouds.deleteParameter(parameters.override);
    const { code, said } = await clouds.longhaul(["sleep", "--fleet", "cloud"]);
    expect(code).to.equal(1);
    expect(said).to.include(`the parameter ${parameters.override} does not exist`).and.include("`pulumi up`");
    expect(clouds.parameter(parameters.override)).to.equal(undefined);
  });
});

describe("longhaul reopen", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  const gone = "i-0123456789abcdef0";
  const closing = { closing: true, closingReason: "a destroy", overrides: [], later: 1 };
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    await clouds.writeLists([machine.instanceId, gone], [machine.instanceId]);
    await clouds.writeParameter(parameters.override, JSON.stringify(closing));
  });
  afterEach(() => clouds.close());

  it("undoes only the closing, and names the machines that have left", async () => {
    const { code, said, results } = await clouds.longhaul(["reopen", "--fleet", "cloud", "--json"]);
    expect(code, said).to.equal(0);
    expect(JSON.parse(clouds.parameter(parameters.override)!)).to.deep.include({
      closing: false,
      overrides: [],
      later: 1,
    });
    expect(said).to.include(`${gone} has left`).and.include("`pulumi up --refresh`");
    expect(said).to.not.include(machine.instanceId);
    expect(JSON.parse(results[0]!)).to.deep.equal({
      fleets: [{ fleet: "cloud", outcome: "written" }],
      left: [{ fleet: "cloud", instanceId: gone }],
    });
  });

  it("changes nothing the second time", async () => {
    await clouds.longhaul(["reopen"]);
    const writes = () => clouds.aws.calls().filter(({ action }) => action === "ssm:PutParameter").length;
    const before = writes();
    const { code, said } = await clouds.longhaul(["reopen"]);
    expect({ code, writes: writes() }).to.deep.equal({ code: 0, writes: before });
    expect(said).to.include("The fleet dev-cloud is open already.");
  });

  it("opens the fleet again if a destroy has closed it meanwhile", async () => {
    clouds.meanwhile(() => clouds.writeParameter(parameters.override, JSON.stringify(closing)));
    await clouds.longhaul(["reopen", "--fleet", "cloud"]);
    expect(parseOverrideSetting(clouds.parameter(parameters.override))!.closing).to.equal(false);
  });

  it("counts machines that have ended themselves, or report that they do, as left", async () => {
    const other = await clouds.launch(2);
    await clouds.writeLists([machine.instanceId, other.instanceId], []);
    clouds.report(machine, "retired");
    clouds.instance(other.instanceId).shutdownBehavior = "terminate";
    clouds.host.goDown(other.instanceId, "poweroff");
    const { results } = await clouds.longhaul(["reopen", "--json"]);
    const { left } = JSON.parse(results[0]!) as { left: { instanceId: string }[] };
    expect(left.map(({ instanceId }) => instanceId)).to.deep.equal([machine.instanceId, other.instanceId]);
  });

  it("has nothing to reopen if the parameter does not exist", async () => {
    clouds.deleteParameter(parameters.override);
    const { code, said } = await clouds.longhaul(["reopen", "--fleet", "cloud"]);
    expect(code).to.equal(0);
    expect(said).to.include("there is nothing to reopen");
    expect(clouds.parameter(parameters.override)).to.equal(undefined);
  });

  it("finds a fleet by its parameter if neither the configuration nor a machine names it any more", async () => {
    const name = "/longhaul/dev/old/override";
    await clouds.writeParameter(name, JSON.stringify(closing));
    expect((await clouds.longhaul(["reopen", "--fleet", "old"])).code).to.equal(0);
    expect(parseOverrideSetting(clouds.parameter(name))!.closing).to.equal(false);
    const { code, said } = await clouds.longhaul(["reopen", "--fleet", "older"]);
    expect(code).to.equal(2);
    expect(said).to.include("There is no fleet older. The fleets are cloud.");
  });
});
