import { expect } from "chai";
import { graphOf } from "./graph.ts";
import { budgetStack, evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

/** Types of AWS that cannot carry tags. */
const untaggable = [
  ...["FunctionEventInvokeConfig", "Route", "RouteTableAssociation", "RolePolicy", "Schedule"],
  ...["TopicPolicy", "TopicSubscription"],
];

describe("tags", () => {
  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack, budgetStack })) {
    it(`of project and environment are on everything that can carry them (${title})`, async () => {
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

  it("of the fleet are on everything that is a fleet's", async () => {
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
