import { expect } from "chai";
import fc from "fast-check";
import { fleetForLabels } from "../../../contract/job-labels.ts";

const fleets = [
  { name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"] },
  { name: "arm", labels: ["self-hosted", "linux", "arm64", "cloud", "Arm-Build"] },
];

describe("a job counts for", () => {
  const cases: [what: string, labels: string[], fleet: string | undefined][] = [
    ["the fleet that has all its labels", ["self-hosted", "extended-timeout"], "cloud"],
    ["the fleet of its architecture", ["self-hosted", "ARM64", "cloud"], "arm"],
    ["the fleet, regardless of upper and lower case", ["Self-Hosted", "Linux", "ARM-build"], "arm"],
    ["the first fleet of the configuration if two match", ["self-hosted", "cloud"], "cloud"],
    ["a fleet, even without the label self-hosted", ["extended-timeout"], "cloud"],
    ["no fleet if no fleet has one of its labels", ["self-hosted", "cloud", "gpu"], undefined],
    ["no fleet if its labels belong to two fleets", ["extended-timeout", "arm-build"], undefined],
    ["no fleet if it is for a hosted runner", ["ubuntu-latest"], undefined],
    ["no fleet if it is for a single machine", ["dev-cloud-1-i-0123456789abcdef0"], undefined],
    ["no fleet if it has no labels", [], undefined],
  ];
  for (const [what, labels, fleet] of cases) {
    it(what, () => {
      expect(fleetForLabels(labels, fleets)).to.equal(fleet);
    });
  }

  it("the fleet that the configuration names for jobs without labels", () => {
    expect(fleetForLabels([], fleets, "arm")).to.equal("arm");
    expect(fleetForLabels([], fleets, "gone")).to.equal(undefined);
    expect(fleetForLabels(["gpu"], fleets, "arm")).to.equal(undefined);
  });

  it("exactly the fleets that GitHub would let it run on", () => {
    const label = fc.constantFrom("a", "B", "b", "c", "D");
    const fleet = fc.record({ name: fc.string(), labels: fc.array(label) });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1 }), fc.array(fleet), (labels, some) => {
        const able = some.filter((one) =>
          labels.every((wanted) => one.labels.some((own) => own.toLowerCase() === wanted.toLowerCase())),
        );
        expect(fleetForLabels(labels, some)).to.equal(able[0]?.name);
      }),
    );
  });
});
