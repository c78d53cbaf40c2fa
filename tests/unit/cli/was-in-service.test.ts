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

describe("whether a machine has been in service before:", () => {
  const cases: [what: string, served: boolean, systemLabels: string[], customLabels: string[]][] = [
    ["no, with its own label alone", false, [], [name]],
    ["yes, with its fleet's labels", true, [], [name, "self-hosted", "linux", "x64", "cloud"]],
    ["yes, if GitHub lists an added label as its own", true, ["self-hosted"], [name, "cloud"]],
    ["yes, in whatever case GitHub lists the label", true, [], [name, "Self-Hosted"]],
    ["yes, with the label by which settle has replaced them", true, [], [name, "longhaul-leaving"]],
    ["no, with a label that somebody added by hand", false, [], [name, "cloud"]],
  ];
  for (const [what, served, systemLabels, customLabels] of cases) {
    it(what, () => {
      expect(wasInService(entry(systemLabels, customLabels))).to.equal(served);
    });
  }

  it("no, before it has registered", () => {
    expect(wasInService(undefined)).to.equal(false);
  });
});
