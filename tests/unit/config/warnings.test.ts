import { expect } from "chai";
import { formatPath } from "../../../config/issues.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { warningsOf } from "../../../config/warnings.ts";

const hours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "UTC" };

describe("the warning of a fleet that has an idle timeout and that nothing wakes", () => {
  const warned = (autoShutdown: object, more: object = {}) => {
    const configuration = loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1" },
      github: { repository: "acme/app" },
      fleets: { cloud: { runners: 3, autoShutdown }, other: {} },
      ...more,
    });
    return warningsOf(configuration).map(({ path, message }) => `${formatPath(path, "longhaul")} ${message}`);
  };

  it("says that the fleet sleeps for ever, and what to do", () => {
    expect(warned({ idleMinutes: 30 })).to.deep.equal([
      "longhaul:fleets.cloud.autoShutdown.idleMinutes puts its machines to sleep after 30 minutes without a job, and nothing " +
        "starts them again for one: wakeOnDemand is off, and there are no workingHours and no minimumAwake. Turn wakeOnDemand on, " +
        "set workingHours, raise minimumAwake, or remove idleMinutes. `longhaul wake` starts them by hand.",
    ]);
  });

  it("counts the machines above `minimumAwake`", () => {
    expect(warned({ idleMinutes: 30, minimumAwake: 1 })[0]).to.include("puts 2 of its 3 machines to sleep");
  });

  it("is absent if jobs, working hours or minimumAwake wake all of it, or if it has no idle timeout", () => {
    expect(warned({ idleMinutes: 30 }, { wakeOnDemand: { enabled: true } })).to.deep.equal([]);
    expect(warned({ idleMinutes: 30, workingHours: hours })).to.deep.equal([]);
    expect(warned({ idleMinutes: 30, minimumAwake: 3 })).to.deep.equal([]);
    expect(warned({ workingHours: hours })).to.deep.equal([]);
    expect(warned({})).to.deep.equal([]);
  });
});

describe("the warning of a customer's image without a configured key for disks", () => {
  const warned = (image: object, aws: object = {}) => {
    const configuration = loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1", ...aws },
      github: { repository: "acme/app" },
      fleets: { cloud: { runners: 1, image }, other: {} },
    });
    return warningsOf(configuration).map(({ path, message }) => `${formatPath(path, "longhaul")} ${message}`);
  };

  it("says that machines could not wake if the image has its own key, and what to do", () => {
    expect(warned({ ami: "ami-0123456789abcdef0" })).to.deep.equal([
      "longhaul:fleets.cloud.image.ami names ami-0123456789abcdef0, and aws.kmsKeyArn is not set. If the image's snapshot is " +
        "under a KMS key of yours, the disks are under that key too, and the controller, which is not allowed to use it, can " +
        "start no machine again. Set aws.kmsKeyArn then.",
    ]);
    expect(warned({ parameter: "/acme/runner-image" })[0]).to.include(
      "image.parameter names /acme/runner-image",
    );
  });

  it("is absent if a key is configured, or if the image is public", () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    expect(warned({ ami: "ami-0123456789abcdef0" }, { kmsKeyArn })).to.deep.equal([]);
    expect(warned({ parameter: "/aws/service/canonical/ubuntu/server/22.04/stable" })).to.deep.equal([]);
    expect(warned({})).to.deep.equal([]);
  });
});
