import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import fc from "fast-check";
import { adoptionOf, findLivingMachines, livingMachines } from "../../../components/runner-fleet/adoption.ts";
import { graphOf } from "./graph.ts";
import { valueOf } from "./harness.ts";
import type { MockMachine } from "./mock-cloud.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

describe("which living machine is adopted", () => {
  const tagged = (instanceId: string, tags: Record<string, string>) => ({
    resourceArn: `arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`,
    tags: { "longhaul:runner": "dev-cloud-1", "longhaul:fingerprint": "f00d", ...tags },
  });
  const name = "dev-cloud-1-f00d";

  it("is the only one of that runner and fingerprint, if it is awake", () => {
    const living = livingMachines([tagged("i-1", {})], ["i-1"], ["i-1"]);
    expect(adoptionOf(name, living)).to.deep.equal({ kind: "adopt", instanceId: "i-1" });
  });

  it("is not a machine that sleeps or is gone, or that has another runner or fingerprint", () => {
    const asleep = livingMachines([tagged("i-1", {})], ["i-1"], []);
    expect(adoptionOf(name, asleep)).to.deep.equal({ kind: "none" });
    const gone = livingMachines([tagged("i-1", {})], [], []);
    expect(adoptionOf(name, gone)).to.deep.equal({ kind: "none" });
    for (const tags of [{ "longhaul:runner": "dev-cloud-2" }, { "longhaul:fingerprint": "beef" }]) {
      const other = livingMachines([tagged("i-1", tags)], ["i-1"], ["i-1"]);
      expect(adoptionOf(name, other)).to.deep.equal({ kind: "none" });
    }
  });

  it("is not a machine with a failed boot: its replacement is adopted", () => {
    const failed = tagged("i-1", { "longhaul:state": "boot-failed" });
    expect(adoptionOf(name, livingMachines([failed], ["i-1"], ["i-1"]))).to.deep.equal({ kind: "none" });
    const living = livingMachines([failed, tagged("i-2", {})], ["i-1", "i-2"], ["i-1", "i-2"]);
    expect(adoptionOf(name, living)).to.deep.equal({ kind: "adopt", instanceId: "i-2" });
  });

  it("is neither of two, even if one of them sleeps; both are named", () => {
    const two = livingMachines([tagged("i-2", {}), tagged("i-1", {})], ["i-1", "i-2"], ["i-2"]);
    expect(adoptionOf(name, two)).to.deep.equal({ kind: "ambiguous", instanceIds: ["i-1", "i-2"] });
  });

  it("never belongs to two resources, and is always alive and awake", () => {
    const instance = fc.record({
      id: fc.constantFrom("i-1", "i-2", "i-3", "i-4"),
      runner: fc.constantFrom("dev-cloud-1", "dev-cloud-2"),
      fingerprint: fc.constantFrom("f00d", "beef"),
    });
    const ids = fc.subarray(["i-1", "i-2", "i-3", "i-4"]);
    fc.assert(
      fc.property(fc.uniqueArray(instance, { selector: ({ id }) => id }), ids, ids, (all, living, awake) => {
        const found = livingMachines(
          all.map(({ id, runner, fingerprint }) =>
            tagged(id, { "longhaul:runner": runner, "longhaul:fingerprint": fingerprint }),
          ),
          living,
          awake,
        );
        const adopted = [...found.keys()].flatMap((key) => {
          const adoption = adoptionOf(key, found);
          return adoption.kind === "adopt" ? [adoption.instanceId] : [];
        });
        expect(new Set(adopted).size).to.equal(adopted.length);
        expect(living).to.include.members(adopted);
        expect(awake).to.include.members(adopted);
      }),
    );
  });
});

describe("a living machine of the configuration", () => {
  /** The machine of `repositoryStack` as an instance that already exists. */
  async function machine(instanceId: string, more: Partial<MockMachine> = {}): Promise<MockMachine> {
    const { inputs } = graphOf(await evaluateOnce(repositoryStack)).one("Instance", /^dev-cloud-1-/);
    return { instanceId, state: "running", tags: inputs.tags as Record<string, string>, ...more };
  }
  const importOf = async (machines: MockMachine[], preview = false) => {
    const evaluation = await evaluateStack(repositoryStack, { machines, preview });
    return graphOf(evaluation).one("Instance", /^dev-cloud-1-/).importId;
  };

  it("is imported as the resource of its runner and fingerprint, also in a preview", async () => {
    const living = await machine("i-0a1b2c3d4e5f60718");
    expect(await importOf([living])).to.equal(living.instanceId);
    expect(await importOf([living], true)).to.equal(living.instanceId);
  });

  it("is the machine that the lists, the token and the outputs name", async () => {
    const living = await machine("i-0a1b2c3d4e5f60718");
    const { registrations, result } = await evaluateStack(repositoryStack, { machines: [living] });
    const graph = graphOf({ registrations });
    const list = JSON.stringify({ machines: [living.instanceId] });
    expect(graph.one("Parameter", "dev-cloud-candidates").inputs.insecureValue).to.equal(list);
    expect(graph.one("Parameter", /^dev-cloud-1-/).inputs.name).to.include(`/tokens/${living.instanceId}`);
    expect(await valueOf(result.machines[0]!.instanceId)).to.equal(living.instanceId);
  });

  it("is left alone if it belongs to another environment or project, or is terminating", async () => {
    const { tags } = await machine("i-0");
    for (const change of [
      { tags: { ...tags, "longhaul:environment": "prod" } },
      { tags: { ...tags, "longhaul:project": "other" } },
      { state: "shutting-down" },
      { state: "terminated" },
    ]) {
      expect(await importOf([await machine("i-0a1b2c3d4e5f60718", change)])).to.equal("");
    }
  });

  it("is not imported if there are two of it", async () => {
    expect(await importOf([await machine("i-0a"), await machine("i-0b")])).to.equal("");
  });

  it("is never guessed: if the look-up fails, the program ends and names the permission that it needs", async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
      call: () => {
        // The engine's message is in the details of a gRPC error.
        throw Object.assign(new Error(), { details: "AccessDeniedException: not authorized" });
      },
    });
    const message = await findLivingMachines("dev", {}).then(
      () => "nothing failed",
      (error: unknown) => (error as Error).message,
    );
    expect(message)
      .to.include("The living machines of dev could not be looked up")
      .and.include("AccessDeniedException")
      .and.include("tag:GetResources");
  });

  it("is looked up in three calls, whatever the number of machines", async () => {
    const { calls } = await evaluateOnce(organizationStack);
    const lookups = calls.filter(({ token }) => /getInstances|getResources/.test(token));
    expect(lookups).to.have.length(3);
  });
});
