import { expect } from "chai";
import { formatPath } from "../../../config/issues.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { warningsOf } from "../../../config/warnings.ts";

const hours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "UTC" };

describe("a fleet with an idle timeout that nothing wakes", () => {
  const warned = (autoShutdown: object, more: object = {}) => {
    const configuration = loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1" },
      github: { repository: "acme/app" },
      fleets: { cloud: { runners: 3, autoShutdown }, other: {} },
      ...more,
    });
    return warningsOf(configuration).map(({ path, message }) => `${formatPath(path)} ${message}`);
  };

  it("sleeps for ever, which is said with what to do", () => {
    expect(warned({ idleMinutes: 30 })).to.deep.equal([
      "longhaul:fleets.cloud.autoShutdown.idleMinutes puts its machines to sleep after 30 minutes without a job, and nothing " +
        "starts them again for one: wakeOnDemand is off, and there are no hours and no minimumAwake. Turn wakeOnDemand on, " +
        "set hours, raise minimumAwake, or remove idleMinutes. `longhaul wake` starts them by hand.",
    ]);
  });

  it("is said of those machines too that are more than are to be awake", () => {
    expect(warned({ idleMinutes: 30, minimumAwake: 1 })[0]).to.include("puts 2 of its 3 machines to sleep");
  });

  it("is none where jobs, hours or minimumAwake wake all of it, or where it has no idle timeout", () => {
    expect(warned({ idleMinutes: 30 }, { wakeOnDemand: { enabled: true } })).to.deep.equal([]);
    expect(warned({ idleMinutes: 30, hours })).to.deep.equal([]);
    expect(warned({ idleMinutes: 30, minimumAwake: 3 })).to.deep.equal([]);
    expect(warned({ hours })).to.deep.equal([]);
    expect(warned({})).to.deep.equal([]);
  });
});
