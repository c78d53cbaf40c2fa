import { expect } from "chai";
import { machineName } from "../../../contract/names.ts";
import { tags } from "../../../contract/tags.ts";
import { describeMachine } from "../../../observe/describe-machine.ts";
import { joinMachines } from "../../../observe/join-machines.ts";
import type { Instance, ObservedMachine, RunnerEntry } from "../../../observe/machine.ts";
import { observeMachines } from "../../../observe/observe-machines.ts";
import type { InstanceFilter } from "../../../observe/sources.ts";
import { readinessOf } from "../../../observe/readiness.ts";

const id = "i-0123456789abcdef0";

const origin = {
  imageId: "ami-0a10ca1c10ad24041",
  launchedAt: "2026-03-01T09:59:00.000Z",
  createdAt: "2026-02-01T12:00:00.000Z",
};
const instance = (more: Partial<Instance> = {}): Instance => ({
  id,
  state: "running",
  stateReason: "",
  ...origin,
  tags: { [tags.fleet]: "cloud", [tags.runner]: "dev-cloud-1" },
  ...more,
});
const entry = (more: Partial<RunnerEntry> = {}): RunnerEntry => ({
  id: 1,
  name: machineName("dev-cloud-1", id),
  online: true,
  busy: false,
  systemLabels: ["self-hosted"],
  customLabels: [],
  ...more,
});
const machine = (more: Partial<ObservedMachine> = {}): ObservedMachine => ({
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceId: id,
  name: machineName("dev-cloud-1", id),
  instanceState: "running",
  stateReason: "",
  ...more,
});

describe("the inventory of machines", () => {
  it("joins an instance and its entry by the machine's name", () => {
    const stranger = entry({ name: "dev-cloud-1-i-0fffffffffffffff0" });
    const [one] = joinMachines([instance()], [stranger, entry()]);
    expect(one).to.deep.equal(machine({ ...origin, entry: entry() }));
  });

  it("has the generation that a machine was created for, if its tag is a number", () => {
    const generationOf = (tag: string) =>
      joinMachines([instance({ tags: { [tags.generation]: tag } })], [])[0]!.generation;
    expect([generationOf("3"), generationOf("0"), generationOf("x")]).to.deep.equal([
      3,
      undefined,
      undefined,
    ]);
  });

  it("has a requested machine that EC2 does not describe as unknown, not as gone", () => {
    const asked = [{ fleet: "cloud", runner: "dev-cloud-1", instanceId: id }];
    expect(joinMachines([], [entry()], asked)).to.deep.equal([
      machine({ instanceState: "unknown", entry: entry() }),
    ]);
  });

  it("is in the order of the runners' numbers", () => {
    const runners = ["dev-cloud-10", "dev-cloud-9", "dev-cloud-1"];
    const instances = runners.map((runner, index) =>
      instance({ id: `i-0000000${index}`, tags: { [tags.runner]: runner } }),
    );
    expect(joinMachines(instances, []).map(({ runner }) => runner)).to.deep.equal(runners.reverse());
  });

  it("is found by the tags of project, environment and fleet", async () => {
    const filters: InstanceFilter[] = [];
    const ec2 = {
      describe: (filter: InstanceFilter) => {
        filters.push(filter);
        return Promise.resolve([]);
      },
    };
    await observeMachines({ ec2 }, { environment: "dev", fleet: "cloud", vpcId: "vpc-1" });
    await observeMachines({ ec2 }, { environment: "dev" });
    const project = { [tags.project]: "longhaul", [tags.environment]: "dev" };
    expect(filters).to.deep.equal([
      { vpcId: "vpc-1", tags: { ...project, [tags.fleet]: "cloud" } },
      { tags: project },
    ]);
  });

  it("of no machines makes no request", async () => {
    const refused = () => Promise.reject(new Error("asked"));
    const sources = { ec2: { describe: refused }, github: { list: refused, find: refused } };
    expect(await observeMachines(sources, { environment: "dev", machines: [] })).to.deep.equal([]);
  });
});

type StandingCase = [string, Partial<ObservedMachine>, "online" | "coming" | "failed", string];

describe("a machine's readiness", () => {
  const table: StandingCase[] = [
    ["online at GitHub", { entry: entry() }, "online", ""],
    ["online, whatever it last reported", { entry: entry(), report: { state: "boot-failed" } }, "online", ""],
    ["offline at GitHub", { entry: entry({ online: false }) }, "coming", "#offline"],
    [
      "busy but offline: the busy flag has no influence",
      { entry: entry({ online: false, busy: true }) },
      "coming",
      "#offline",
    ],
    ["not registered", { report: { state: "booting" } }, "coming", "#not-registered"],
    ["waiting for a token", { report: { state: "needs-token" } }, "coming", "#needs-token"],
    ["not described by EC2", { instanceState: "unknown" }, "coming", "#machine-unknown"],
    ["pending", { instanceState: "pending" }, "coming", "#not-registered"],
    ["boot failed", { report: { state: "boot-failed" } }, "failed", "#boot-failed"],
    ["listener failed", { report: { state: "failed" } }, "failed", "#listener-failed"],
    [
      "stopped, though GitHub still shows it online",
      { instanceState: "stopped", entry: entry() },
      "failed",
      "#machine-stopped",
    ],
    ["stopping", { instanceState: "stopping" }, "failed", "#machine-stopped"],
    ...(["stopped", "terminated"] as const).map((instanceState): StandingCase => [
      `${instanceState} by EC2, which could not attach its disk`,
      {
        instanceState,
        failedStart: { why: "Client.InternalError: Client error on launch", count: 1, lastAt: 0 },
      },
      "failed",
      "kms:CreateGrant on the disk's key. See docs/troubleshooting.md#disk-key",
    ]),
    [
      "stopped by EC2, which had no capacity for it",
      {
        instanceState: "stopped",
        failedStart: {
          why: "Server.InsufficientInstanceCapacity: Insufficient capacity",
          count: 2,
          lastAt: 0,
        },
      },
      "failed",
      "#machine-not-started",
    ],
    ["terminated", { instanceState: "terminated" }, "failed", "#machine-gone"],
    ["shutting down", { instanceState: "shutting-down" }, "failed", "#machine-gone"],
  ];
  for (const [what, more, verdict, step] of table) {
    it(`${what}: ${verdict}`, () => {
      const readiness = readinessOf(machine(more));
      expect(readiness.verdict).to.equal(verdict);
      expect(readiness.nextStep).to.include(step);
    });
  }
});

describe("the description of a machine", () => {
  const table: [Partial<ObservedMachine>, string][] = [
    [{}, `its machine ${id} is running, has reported nothing, and has no entry at GitHub`],
    [
      { instanceState: "unknown" },
      `its machine ${id} is not known to EC2 in this account and region, has reported nothing, and has no entry at GitHub`,
    ],
    [
      {
        instanceState: "stopped",
        stateReason: "Client.InstanceInitiatedShutdown",
        report: { state: "asleep", since: "2026-03-01T10:00:00Z", detail: "Idle." },
        entry: entry({ online: false }),
      },
      `its machine ${id} is stopped (Client.InstanceInitiatedShutdown), reports asleep since 2026-03-01T10:00:00Z (Idle), and is offline at GitHub`,
    ],
  ];
  for (const [more, words] of table) {
    it(words, () => {
      expect(describeMachine(machine(more))).to.equal(words);
    });
  }
});
