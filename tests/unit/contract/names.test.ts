import { expect } from "chai";
import fc from "fast-check";
import {
  fleetOfEntry,
  instanceIdLength,
  isMachineOfFleet,
  labelsVariableName,
  machineName,
  maxRunnerEntryLength,
  maxRunnerNameLength,
  namePattern,
  parseMachineName,
  runnerName,
} from "../../../contract/names.ts";

const id = "i-0123456789abcdef0";

describe("names", () => {
  const names = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,2}$/);

  it("a machine's name contains its runner and its instance", () => {
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 100 }), (environment, fleet, number) => {
        const runner = runnerName(environment, fleet, number);
        expect(parseMachineName(machineName(runner, id))).to.deep.equal({ runner, instanceId: id });
        expect(isMachineOfFleet(machineName(runner, id), environment, fleet)).to.equal(true);
        expect(fleetOfEntry(machineName(runner, id), environment)).to.equal(fleet);
      }),
    );
  });

  it("the longest runner's name still fits GitHub with its instance id", () => {
    expect(id).to.have.length(instanceIdLength);
    expect(machineName("r".repeat(maxRunnerNameLength), id)).to.have.length(maxRunnerEntryLength);
  });

  for (const [what, name] of [
    ["another fleet", `dev-arm-1-${id}`],
    ["another environment", `prod-cloud-1-${id}`],
    ["a fleet with a name that begins the same", `dev-cloud-big-1-${id}`],
    ["a runner that is not Longhaul's", "build-box-7"],
    ["a runner without an instance", "dev-cloud-1"],
  ] as const) {
    it(`an entry of ${what} does not belong to this fleet`, () => {
      expect(isMachineOfFleet(name, "dev", "cloud")).to.equal(false);
    });
  }

  it("the labels' variable has a name that GitHub takes", () => {
    expect(labelsVariableName("dev", "big-cloud")).to.equal("LONGHAUL_DEV_BIG_CLOUD");
  });

  it("environments and fleets have names that fit paths, roles and labels", () => {
    for (const good of ["dev", "a", "prod-eu", "x1"]) expect(good, good).to.match(namePattern);
    for (const bad of ["", "Dev", "1st", "a_b", "a--b", "-a", "a-", "ä"])
      expect(bad, bad).to.not.match(namePattern);
  });
});
