import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import {
  formatOverrideSetting,
  initialOverrideSetting,
  parseOverrideSetting,
} from "../../contract/override.ts";
import { knownMachinesParameter } from "../../contract/parameters.ts";
import type { DeclaredMachine, DrainRequest } from "../../contract/requests.ts";
import { formatKnownMachines } from "../../contract/known-machines.ts";
import { tags } from "../../contract/tags.ts";
import { formatNonce } from "../../cli/smoke/nonce.ts";
import { fleet, parameters, smoke, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul drain", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
  });
  afterEach(() => clouds.close());

  const ofFleet: DrainRequest["guards"] = { what: "fleet", fleet };
  const draining = (guards: DrainRequest["guards"], more: Partial<DrainRequest> = {}) =>
    clouds.longhaul(["drain"], {
      target: clouds.target,
      guards,
      waitMinutes: 2,
      ...more,
    } satisfies DrainRequest);
  const overrides = () => parseOverrideSetting(clouds.parameter(parameters.override))!;
  const state = ({ instanceId }: DeclaredMachine) => clouds.instance(instanceId).state;
  const sleep = ({ instanceId }: DeclaredMachine) => {
    clouds.host.goDown(instanceId, "poweroff");
  };
  /** Ends a machine, as one that is on no list does by itself. */
  const retire = ({ instanceId }: DeclaredMachine) => {
    clouds.instance(instanceId).shutdownBehavior = "terminate";
    clouds.host.goDown(instanceId, "poweroff");
  };
  const calls = (action: string) => clouds.aws.calls().filter((call) => call.action === action).length;

  it("waits for --wait-minutes, even if the stack's request says otherwise", async () => {
    const begin = clouds.clock.now();
    const request = { target: clouds.target, guards: ofFleet, waitMinutes: 10 } satisfies DrainRequest;
    const { code, said } = await clouds.longhaul(["drain", "--wait-minutes", "1"], request);
    expect(code).to.equal(3);
    expect(said).to.include("After 1 min");
    expect(clouds.clock.now() - begin).to.be.within(60_000, 120_000);
    expect((await clouds.longhaul(["drain", "--wait-minutes", "soon"], request)).code).to.equal(2);
  });

  it("closes a fleet, and ends when its machines have left", async () => {
    clouds.meanwhile(() => {
      expect(overrides().closing).to.equal(true);
      retire(machine);
    });
    const { code, said } = await draining(ofFleet);
    expect(code, said).to.equal(0);
    expect(said).to.include("dev-cloud is closing").and.include("No machine uses the fleet dev-cloud.");
    expect(calls("ec2:TerminateInstances")).to.equal(0);
  });

  it("keeps operators' overrides, and keys that it does not know", async () => {
    const override = { power: "on", by: "ada", reason: "release" };
    const overrides = [override, { ...override, runners: ["dev-cloud-1"] }];
    const before = { closing: false, overrides, later: [1] };
    await clouds.writeParameter(parameters.override, JSON.stringify(before));
    clouds.meanwhile(() => {
      retire(machine);
    });
    await draining(ofFleet);
    const after = JSON.parse(clouds.parameter(parameters.override)!) as Record<string, unknown>;
    const { closing, closingReason, writes, ...kept } = after;
    expect(closing).to.equal(true);
    expect(closingReason).to.be.a("string");
    expect(writes, "the drain's write, for those who write at the same time").to.have.length(1);
    expect({ ...kept, closing: false }).to.deep.equal(before);
  });

  it("closes a fleet even if its parameter is full", async () => {
    const long = { power: "off", by: "ada", reason: "x".repeat(3980) };
    await clouds.writeParameter(parameters.override, JSON.stringify({ closing: false, overrides: [long] }));
    clouds.meanwhile(() => {
      retire(machine);
    });
    const { code, said } = await draining(ofFleet);
    expect(code, said).to.equal(0);
    expect(overrides()).to.deep.include({ closing: true, runners: {} });
  });

  it("closes the fleet again if somebody has reopened it meanwhile", async () => {
    clouds.meanwhile(
      () => clouds.writeParameter(parameters.override, formatOverrideSetting(initialOverrideSetting)),
      () => undefined,
      () => {
        retire(machine);
      },
    );
    expect((await draining(ofFleet)).code).to.equal(0);
    expect(overrides().closing).to.equal(true);
  });

  it("has nothing to close if there is no override parameter", async () => {
    clouds.deleteParameter(parameters.override);
    retire(machine);
    expect((await draining(ofFleet)).code).to.equal(0);
    expect(clouds.parameter(parameters.override)).to.equal(undefined);
  });

  it("never ends a running machine, but gives up with the machines and the links of their jobs", async () => {
    const job = "acme/app/actions/runs/77";
    clouds.report(machine, "busy", { [tags.job]: job });
    const { code, said } = await draining(ofFleet);
    expect(code).to.equal(3);
    expect(said).to.include(
      `After 2 min, 1 machine(s) still use the fleet dev-cloud:\n` +
        `  ${machineName(machine.runner, machine.instanceId)} (running, busy): ${clouds.githubUrl}/${job}\n`,
    );
    expect(said).to.include("Run it again later.");
    expect(state(machine)).to.equal("running");
    for (const action of ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:ModifyInstanceAttribute"]) {
      expect(calls(action), action).to.equal(0);
    }
  });

  it("prints no link that a job has forged", async () => {
    clouds.report(machine, "busy", { [tags.job]: "../../evil\u001b[31m", [tags.detail]: "\u001b[2Jx" });
    const { said } = await draining(ofFleet);
    expect(said).to.include("(running, busy)\n").and.not.include("evil").and.not.include("\u001b");
  });

  describe("a machine that is powered off", () => {
    it("is unlocked and terminated once its fleet is closing", async () => {
      sleep(machine);
      const { code, said } = await draining(ofFleet);
      expect(code, said).to.equal(0);
      expect(state(machine)).to.equal("terminated");
      expect(said).to.include("powered off and on no list: terminated");
    });

    it("is terminated when the lists name others, whatever is guarded", async () => {
      await clouds.writeLists(["i-0123456789abcdef0"], ["i-0123456789abcdef0"]);
      sleep(machine);
      expect((await draining({ what: "network", ...clouds.network })).code).to.equal(0);
      expect(state(machine)).to.equal("terminated");
      expect(overrides().closing).to.equal(false);
    });

    const stays: [string, () => Promise<unknown> | undefined][] = [
      ["a list names it", () => undefined],
      ["the lists cannot be read", async () => clouds.writeParameter(parameters.roster, "{")],
      ["both lists are empty", async () => clouds.writeLists([], [])],
    ];
    for (const [why, prepare] of stays) {
      it(`stays, with its locks, while ${why}`, async () => {
        await prepare();
        if (why === "the lists cannot be read") await clouds.writeParameter(parameters.candidates, "{");
        sleep(machine);
        const { code } = await draining({ what: "network", ...clouds.network });
        expect(code).to.equal(3);
        expect(clouds.instance(machine.instanceId)).to.include({
          state: "stopped",
          disableApiStop: true,
          disableApiTermination: true,
        });
      });
    }

    it("is locked again and left alone if somebody starts it at that moment", async () => {
      sleep(machine);
      const instance = clouds.instance(machine.instanceId);
      // It is started between the release of the locks and the next look.
      let locked = true;
      Object.defineProperty(instance, "disableApiTermination", {
        enumerable: true,
        get: () => locked,
        set: (value: boolean) => {
          locked = value;
          if (!value) instance.state = "running";
        },
      });
      expect((await draining(ofFleet)).code).to.equal(3);
      expect(instance).to.include({ state: "running", disableApiStop: true, disableApiTermination: true });
      expect(calls("ec2:TerminateInstances")).to.equal(0);
    });

    it("is locked again when EC2 refuses to terminate it", async () => {
      sleep(machine);
      clouds.aws.faults.add({ action: "ec2:TerminateInstances", error: "UnauthorizedOperation" });
      const { code, said } = await draining(ofFleet);
      expect(code).to.equal(1);
      expect(said).to.include("ec2:TerminateInstances failed (HTTP 400): UnauthorizedOperation");
      expect(clouds.instance(machine.instanceId)).to.include({
        disableApiStop: true,
        disableApiTermination: true,
      });
    });
  });

  it("waits, for a network, for the machines in it and for no others", async () => {
    const elsewhere = { vpcId: "vpc-0123456789abcdef0", securityGroupId: clouds.network.securityGroupId };
    expect((await draining({ what: "network", ...elsewhere })).code).to.equal(0);
    expect((await draining({ what: "network", ...clouds.network })).code).to.equal(3);
  });

  it("waits, for a role, for the machines that have it", async () => {
    const { instanceProfileArn } = clouds;
    expect(
      (await draining({ what: "role", fleet, instanceProfileArn: `${instanceProfileArn}2` })).code,
    ).to.equal(0);
    expect((await draining({ what: "role", fleet, instanceProfileArn })).code).to.equal(3);
    expect(overrides().closing).to.equal(false);
  });

  describe("smoke tests", () => {
    const dispatch = (nonce: string) =>
      clouds.github.dispatch("acme/app", smoke.workflow, {
        runner: machineName(machine.runner, machine.instanceId),
        nonce,
      });
    /** During its first sleep, the verb waits for other writers of the parameter. It has looked at no machine yet. */
    const othersWrite = () => undefined;
    const ours = (instanceId: string) => formatNonce({ instanceId, minutes: 360, at: clouds.clock.now() });

    it("that Longhaul dispatched onto its machines are cancelled, and no others", async () => {
      const own = dispatch(ours(machine.instanceId));
      const byHand = dispatch("by hand");
      const onAnother = dispatch(ours("i-0123456789abcdef0"));
      clouds.meanwhile(othersWrite, () => {
        retire(machine);
      });
      const { said } = await draining(ofFleet, { smoke });
      expect(said).to.include(`was cancelled: ${clouds.githubUrl}/acme/app/actions/runs/${own.id}`);
      expect([own, byHand, onAnother].map(({ cancelled }) => cancelled)).to.deep.equal([true, false, false]);
    });

    for (const status of ["requested", "waiting", "pending"] as const) {
      it(`that are ${status} are cancelled too`, async () => {
        const own = dispatch(ours(machine.instanceId));
        clouds.github.faults.add({ kind: "run-status", report: () => status });
        clouds.meanwhile(othersWrite, () => {
          retire(machine);
        });
        await draining(ofFleet, { smoke });
        expect(own.cancelled).to.equal(true);
      });
    }

    it("are left alone without a token, and a message says so", async () => {
      const own = dispatch(ours(machine.instanceId));
      clouds.useToken(undefined);
      clouds.meanwhile(othersWrite, () => {
        retire(machine);
      });
      const { code, said } = await draining(ofFleet, { smoke });
      expect(code).to.equal(0);
      expect(own.cancelled).to.equal(false);
      expect(said).to.include("no GitHub credentials").and.include("entries stay at GitHub");
    });

    it("that GitHub does not let it cancel do not make drain fail", async () => {
      dispatch(ours(machine.instanceId));
      clouds.github.faults.add({ kind: "answer", status: 500, path: /actions\/runs/, times: 4 });
      clouds.meanwhile(othersWrite, () => {
        retire(machine);
      });
      const { code, said } = await draining(ofFleet, { smoke });
      expect(code, said).to.equal(0);
      expect(said).to.include("were not all cancelled");
    });
  });

  describe("entries at GitHub", () => {
    it("are removed if their machine is terminated and they are offline", async () => {
      await (await clouds.connect(machine)).closeSession();
      retire(machine);
      const { code, said } = await draining(ofFleet);
      expect(code, said).to.equal(0);
      expect(clouds.entry(machine)).to.equal(undefined);
    });

    it("are awaited while GitHub still shows them online", async () => {
      const runner = await clouds.connect(machine);
      retire(machine);
      clouds.meanwhile(
        () => expect(clouds.entry(machine)).to.not.equal(undefined),
        () => runner.closeSession(),
      );
      const { code, said } = await draining(ofFleet);
      expect(code, said).to.equal(0);
      expect(said).to.include("Waiting for GitHub to notice that 1 machine(s) are gone.");
      expect(clouds.entry(machine)).to.equal(undefined);
    });

    it("stay if EC2 does not know their machine, because that does not prove that it is gone", async () => {
      const lost = { runner: "dev-cloud-7", instanceId: "i-0123456789abcdef0" };
      await (await clouds.connect(lost)).closeSession();
      retire(machine);
      const { code, said } = await draining(ofFleet);
      expect(code).to.equal(0);
      expect(clouds.entry(lost)).to.not.equal(undefined);
      expect(said).to.include("stays at GitHub: EC2 does not know its machine");
    });

    it("are removed if EC2 does not know their machine an hour after a settle last saw it", async () => {
      const lost = { runner: "dev-cloud-7", instanceId: "i-0123456789abcdef0" };
      await (await clouds.connect(lost)).closeSession();
      const seen = new Map([[lost.instanceId, clouds.clock.now() - 3_600_000]]);
      await clouds.writeParameter(knownMachinesParameter("dev", fleet), formatKnownMachines(seen));
      retire(machine);
      const { code, said } = await draining(ofFleet);
      expect(code, said).to.equal(0);
      expect(clouds.entry(lost)).to.equal(undefined);
    });

    it("of other fleets, and of runners that are not Longhaul's, are left alone", async () => {
      const other = await clouds.launch(1, { [tags.fleet]: "gpu" });
      await (await clouds.connect({ ...other, runner: "dev-gpu-1" })).closeSession();
      retire(other);
      retire(machine);
      const { said } = await draining(ofFleet);
      expect(said).to.not.include("dev-gpu");
      expect(clouds.github.runners().map(({ name }) => name)).to.deep.equal([
        `dev-gpu-1-${other.instanceId}`,
      ]);
    });
  });

  it("continues through throttling and errors of EC2", async () => {
    clouds.aws.faults.add({ action: "ec2:DescribeInstances", error: "InternalError", times: 5 });
    clouds.meanwhile(() => {
      retire(machine);
    });
    const { code, said } = await draining(ofFleet);
    expect(code, said).to.equal(0);
    expect(said).to.include("Trying again.");
  });
});
