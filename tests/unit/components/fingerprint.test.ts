import { expect } from "chai";
import fc from "fast-check";
import { canonicalJson, fingerprintOf } from "../../../contract/fingerprint.ts";
import { planFleet } from "../../../components/runner-fleet/fleet-plan.ts";
import { instanceArgs } from "../../../components/runner-fleet/machine.ts";
import type { MachinePlan } from "../../../components/runner-fleet/machine-shape.ts";
import { planNetwork } from "../../../components/runner-network/network-plan.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { configurationArbitrary } from "../config/arbitrary.ts";
import { leafChanges } from "../config/leaf-changes.ts";
import { graphOf } from "./graph.ts";
import { evaluateStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

const assets = {
  boot: "echo boot",
  bootParts: { "part.sh": "echo part" },
  foreignDisk: "echo foreign disk",
  connection: "echo connection",
  hooks: "echo hooks",
  agent: "console.log('agent')",
};

/** The machines of a configuration by runner, planned as RunnerFleet plans them. */
function plansOf(environment: string, raw: Raw, programs = assets): Map<string, MachinePlan> {
  const configuration = loadConfiguration(environment, raw);
  const { identity, subnets } = planNetwork(environment, configuration.network);
  const network = { identity, subnets: subnets.map((subnet) => ({ identity: subnet })) };
  const plans = Object.keys(configuration.fleets).flatMap((fleet) =>
    planFleet(fleet, { environment, configuration, network }, programs),
  );
  return new Map(plans.map((plan) => [plan.shape.runner, plan]));
}

/** An instance's inputs without the fingerprint itself. What the machine depends on is named by its setting. */
function inputsOf(plan: MachinePlan): string {
  const { network, role, image } = plan.shape;
  return canonicalJson(
    instanceArgs(
      { ...plan, fingerprint: "" },
      {
        ami: canonicalJson(image),
        subnetId: `${network.identity} ${network.subnet}`,
        securityGroupId: network.identity,
        instanceProfile: role,
        ownTags: {}, // Other tags do not replace the machine, because `settle` changes them.
      },
    ),
  );
}

/** Fingerprint and inputs of each machine of a configuration, by runner. */
function machinesOf(environment: string, raw: Raw): Map<string, { fingerprint: string; inputs: string }> {
  const plans = [...plansOf(environment, raw)];
  return new Map(
    plans.map(([runner, plan]) => [runner, { fingerprint: plan.fingerprint, inputs: inputsOf(plan) }]),
  );
}

describe("the fingerprint of a machine", function () {
  this.timeout(60_000); // It takes seconds, on a computer that may be busy.
  it("changes if and only if a leaf of the configuration changes the machine's inputs", () => {
    const every = 8; // Of the leaves of a configuration, each run looks at one in eight.
    const seen = { same: 0, other: 0 };
    fc.assert(
      fc.property(configurationArbitrary, fc.nat(every - 1), (written, offset) => {
        const before = machinesOf(written.environment, written.raw);
        const changes = leafChanges(written, (_leaf, index) => index % every === offset);
        for (const { after, path } of changes) {
          for (const [runner, now] of machinesOf(written.environment, after)) {
            const then = before.get(runner);
            if (!then) continue;
            const sameInputs = then.inputs === now.inputs;
            seen[sameInputs ? "same" : "other"] += 1;
            expect(then.fingerprint === now.fingerprint, `${path} of ${runner}`).to.equal(sameInputs);
          }
        }
      }),
      { numRuns: 25 },
    );
    expect(seen.same, "changes that kept a machine").to.be.above(20);
    expect(seen.other, "changes that replaced a machine").to.be.above(20);
  });

  const cloud = (fleet: object): Raw => ({ ...repositoryStack, fleets: { cloud: { runners: 2, ...fleet } } });
  const aws = repositoryStack.aws as object;
  const hours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "Europe/Berlin" };
  const first = "dev-cloud-1";
  const both = ["dev-cloud-1", "dev-cloud-2"];
  const changes: [what: string, after: Raw, others: string[]][] = [
    ["labels", cloud({ labels: ["other"] }), []],
    ["configured tags", { ...cloud({ tags: { team: "ci" } }), tags: { stage: "test" } }, []],
    ["the price of an hour", cloud({ priceUsdPerHour: 0.2 }), []],
    ["the number of runners", cloud({ runners: 3 }), []],
    [
      "the idle timeout and the working hours",
      cloud({ autoShutdown: { idleMinutes: 30, workingHours: hours } }),
      [],
    ],
    ["the job limit", cloud({ autoShutdown: { maxJobHours: 8, enforce: true } }), []],
    ["the smoke test", { ...cloud({}), smokeTest: { minutes: 5, wait: "end" } }, []],
    [
      "the permissions boundary",
      { ...cloud({}), aws: { ...aws, permissionsBoundary: "arn:aws:iam::123456789012:policy/b" } },
      [],
    ],
    ["one runner's generation", cloud({ generations: { 1: 2 } }), [first]],
    ["the disk", cloud({ disk: { sizeGb: 200 } }), both],
    ["the instance type", cloud({ instanceType: "m5.large" }), both],
    ["the image", cloud({ image: { ami: "ami-0a" } }), both],
    ["a boot step", cloud({ bootSteps: ["true"] }), both],
    ["a step for every boot", cloud({ everyBoot: ["true"] }), both],
    ["the network", { ...cloud({}), network: { cidr: "10.43.0.0/16" } }, both],
    ["the role's path", { ...cloud({}), aws: { ...aws, rolePath: "/ci/" } }, both],
    ["the region", { ...cloud({}), aws: { ...aws, region: "eu-west-1" } }, both],
    ["the repository", { ...cloud({}), github: { repository: "acme/lib" } }, both],
    ["the interval between two reads", { ...cloud({}), agent: { pollSeconds: 10 } }, both],
    ["the quiet time before a machine leaves", { ...cloud({}), agent: { quietSeconds: 240 } }, both],
  ];
  for (const [what, after, others] of changes) {
    it(`${others.length === 0 ? "outlives another value of" : "is another after a change of"} ${what}`, () => {
      const [one, other] = [plansOf("dev", cloud({})), plansOf("dev", after)];
      const changed = both.filter(
        (runner) => one.get(runner)!.fingerprint !== other.get(runner)!.fingerprint,
      );
      expect(changed).to.deep.equal(others);
    });
  }

  it("changes with the boot script, with the hooks of jobs and with the agent", () => {
    const fingerprintWith = (other: Partial<typeof assets>) =>
      plansOf("dev", repositoryStack, { ...assets, ...other }).get(first)!.fingerprint;
    const prints = [
      fingerprintWith({}),
      fingerprintWith({ boot: "other" }),
      fingerprintWith({ bootParts: { "part.sh": "other" } }),
      fingerprintWith({ hooks: "other" }),
      fingerprintWith({ agent: "other" }),
    ];
    expect(new Set(prints).size).to.equal(prints.length);
  });

  it("does not depend on the order of keys, and treats undefined as absent", () => {
    expect(fingerprintOf({ a: 1, b: { c: [1, 2], d: undefined } })).to.equal(
      fingerprintOf({ b: { c: [1, 2] }, a: 1 }),
    );
    expect(fingerprintOf({ a: [1, 2] })).not.to.equal(fingerprintOf({ a: [2, 1] }));
    expect(fingerprintOf({})).to.match(/^[0-9a-f]{10}$/);
  });
});

describe("what machines depend on, after a change of the configuration", () => {
  const aws = repositoryStack.aws as object;
  const changes: [what: string, after: Raw, renewed: RegExp, newGuards: number][] = [
    ["address range", { ...repositoryStack, network: { cidr: "10.43.0.0/16" } }, /^aws:(ec2|vpc)/, 1],
    [
      "VPC",
      { ...repositoryStack, network: { vpcId: "vpc-0a1b", subnetIds: ["subnet-0a"] } },
      /^aws:(ec2|vpc)/,
      1,
    ],
    ["role path", { ...repositoryStack, aws: { ...aws, rolePath: "/ci/" } }, /^aws:iam/, 1],
    ["region", { ...repositoryStack, aws: { ...aws, region: "eu-west-1" } }, /^aws:iam/, 3],
  ];
  for (const [what, after, renewed, newGuards] of changes) {
    it(`is created beside the old, with its own guards, for another ${what}`, async () => {
      const foundations = async (raw: Raw) => {
        const graph = graphOf(await evaluateStack(raw));
        const standsOn = graph.dependenciesOf(graph.one("Instance", /./));
        return graph.all.filter(({ urn }) => standsOn.has(urn));
      };
      const old = new Set((await foundations(repositoryStack)).map(({ urn }) => urn));
      const now = await foundations(after);
      const kept = now.filter(({ urn }) => old.has(urn)).map(({ type }) => type);
      expect(kept.filter((type) => renewed.test(type))).to.deep.equal([]);
      expect(kept).to.include("aws:ssm/parameter:Parameter");
      expect(now.filter(({ name, urn }) => name.endsWith("-guard") && !old.has(urn))).to.have.lengthOf(
        newGuards,
      );
    });
  }
});
