import { expect } from "chai";
import { graphOf, requestOf } from "./graph.ts";
import { budgetStack, evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

/** AWS's resource types that cannot have tags. */
const untaggable = [
  ...["FunctionEventInvokeConfig", "Route", "RouteTableAssociation", "RolePolicy", "Schedule"],
  ...["TopicPolicy", "TopicSubscription", "FunctionUrl"],
];

/** An environment with everything that it can have, and with configured tags. */
const taggedStack = {
  ...organizationStack,
  tags: { team: "builds", "cost centre": "4711" },
  fleets: {
    cloud: { runners: 2 },
    arm: { instanceType: "m7g.xlarge", tags: { team: "arm", "acme/use": "" } },
  },
  alarms: budgetStack.alarms,
  budget: budgetStack.budget,
  wakeOnDemand: { enabled: true },
};

describe("tags", () => {
  it("that are configured are on everything that can have them, and a fleet's replace the environment's", async () => {
    for (const raw of [taggedStack, { ...taggedStack, network: {} }]) {
      const graph = graphOf(await evaluateOnce(raw));
      const taggable = graph.all.filter(
        ({ type }) => type.startsWith("aws:") && !untaggable.includes(type.split(":").at(-1)!),
      );
      expect(taggable).to.have.length.above(50);
      for (const { inputs, urn } of taggable) {
        const tags = inputs.tags as Record<string, string>;
        const isOfArm = tags["longhaul:fleet"] === "arm";
        expect(tags, urn).to.include({ team: isOfArm ? "arm" : "builds", "cost centre": "4711" });
        expect("acme/use" in tags, urn).to.equal(isOfArm);
      }
      for (const { inputs } of graph.ofType("Instance")) {
        expect(inputs.volumeTags).to.deep.equal(inputs.tags);
        expect(inputs.tags).to.have.property("longhaul:own-tags");
      }
    }
  });

  it("that are configured are in the requests of the commands that write them on machines, disks and tokens", async () => {
    const graph = graphOf(await evaluateOnce(taggedStack));
    for (const verb of ["await", "settle"]) {
      const { ownTags } = requestOf(graph.one("Command", `dev-arm-${verb}`));
      expect(ownTags, verb).to.deep.equal({ team: "arm", "cost centre": "4711", "acme/use": "" });
    }
  });

  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack, budgetStack })) {
    it(`of project and environment are on everything that can have them (${title})`, async () => {
      const graph = graphOf(await evaluateOnce(raw));
      const taggable = graph.all.filter(
        ({ type }) => type.startsWith("aws:") && !untaggable.includes(type.split(":").at(-1)!),
      );
      expect(taggable).to.have.length.above(9);
      for (const { inputs, urn } of taggable) {
        expect(inputs.tags, urn).to.include({
          "longhaul:project": "longhaul",
          "longhaul:environment": "dev",
        });
        expect(inputs.tags, urn).to.have.property("Name");
      }
    });
  }

  it("of the fleet are on everything that belongs to a fleet", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    const owned = graph.all.filter(
      ({ type, inputs }) => type.startsWith("aws:") && inputs.tags !== undefined,
    );
    for (const resource of owned) {
      const fleet = /^(?:longhaul-)?dev-(cloud|arm)/.exec(resource.name)?.[1];
      expect((resource.inputs.tags as Record<string, string>)["longhaul:fleet"], resource.urn).to.equal(
        fleet,
      );
    }
  });
});
