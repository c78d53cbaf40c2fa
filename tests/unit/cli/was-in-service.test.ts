import { expect } from "chai";
import { wasInService } from "../../../cli/fleet/was-in-service.ts";

const name = "dev-cloud-1-i-1";
const entry = (systemLabels: string[], customLabels: string[]) => ({
  id: 1,
  name,
  online: true,
  busy: false,
  systemLabels,
  customLabels,
});

describe("a machine has been in service before", () => {
  const cases: [what: string, served: boolean, systemLabels: string[], customLabels: string[]][] = [
    ["not with its own label alone", false, [], [name]],
    ["with its fleet's labels", true, [], [name, "self-hosted", "linux", "x64", "cloud"]],
    ["with those, where GitHub lists the given one as its own", true, ["self-hosted"], [name, "cloud"]],
    ["in whatever case GitHub lists it", true, [], [name, "Self-Hosted"]],
    ["with what settle has put in their place", true, [], [name, "longhaul-leaving"]],
    ["not with a label that somebody gave it by hand", false, [], [name, "cloud"]],
  ];
  for (const [what, served, systemLabels, customLabels] of cases) {
    it(what, () => {
      expect(wasInService(entry(systemLabels, customLabels))).to.equal(served);
    });
  }

  it("not before it has registered", () => {
    expect(wasInService(undefined)).to.equal(false);
  });
});
