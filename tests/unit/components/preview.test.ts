import { expect } from "chai";
import { graphOf, requestOf } from "./graph.ts";
import { unknownMarker, valueOf } from "./harness.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

describe("a preview", () => {
  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack })) {
    it(`declares the same resources as an up, before anything exists (${title})`, async () => {
      const names = (evaluation: Parameters<typeof graphOf>[0]) =>
        evaluation.registrations.map(({ type, name }) => `${type} ${name}`).sort();
      const preview = await evaluateStack(raw, { preview: true });
      expect(names(preview)).to.deep.equal(names(await evaluateOnce(raw)));
    });
  }

  it("leaves unknown only what an up must determine", async () => {
    const { registrations, result } = await evaluateStack(repositoryStack, { preview: true });
    const graph = graphOf({ registrations });
    expect(graph.one("Parameter", "dev-cloud-candidates").inputs.insecureValue).to.equal(unknownMarker);
    expect(graph.one("Parameter", /^dev-cloud-1-/).inputs.name).to.equal(unknownMarker);
    expect(graph.one("Command", "dev-cloud-await").inputs.create).to.match(/ await$/);
    expect(graph.one("Instance", /./).inputs.tags).to.have.property("longhaul:fingerprint");
    // The settle request names no machine, so a preview shows it whole.
    expect(requestOf(graph.one("Command", "dev-cloud-settle"))).to.have.property("fleet", "cloud");
    expect(await valueOf(result.machines[0]!.instanceId)).to.equal(undefined);
    expect(await valueOf(result.smoke)).to.equal(undefined);
    expect(result.fleets.cloud!.variable).to.equal("LONGHAUL_DEV_CLOUD");
  });
});
