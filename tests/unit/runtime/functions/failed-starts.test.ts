import { expect } from "chai";
import fc from "fast-check";
import {
  formatFailedStarts,
  isFailedStart,
  nextStartAt,
  parseFailedStarts,
} from "../../../../contract/failed-starts.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import {
  isBackingOff,
  recovered,
  withoutFailedWakes,
} from "../../../../runtime/functions/controller/failed-starts.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";

const minute = 60_000;
const noon = Date.parse("2026-11-26T12:00:00Z");
const machine: ControlledMachine = {
  id: "i-1",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  availabilityZone: "a",
  state: "stopped",
  createdAt: noon - 1000 * minute,
  launchedAt: noon,
  hasPublicAddress: false,
};
const why = "Client.InternalError: Client error on launch";
const failed: ControlledMachine = { ...machine, failedStart: { why, count: 1, lastAt: noon } };

describe("EC2's reason for a machine's state", () => {
  const rows: [code: string, state: string, isFailed: boolean][] = [
    ["Client.InstanceInitiatedShutdown", "stopped", false],
    ["Client.UserInitiatedShutdown", "stopped", false],
    ["Client.UserInitiatedHibernate", "stopped", false],
    ["Client.InstanceTerminated", "terminated", false],
    ["Server.ScheduledStop", "stopped", false],
    ["Server.SpotInstanceShutdown", "stopped", false],
    ["Server.SpotInstanceTermination", "terminated", false],
    ["", "stopped", false],
    ["pending", "pending", false],
    ["Client.InternalError", "running", false],
    ["Client.InternalError", "stopped", true],
    ["Client.InternalError", "terminated", true],
    ["Client.InvalidSnapshot.NotFound", "stopped", true],
    ["Client.VolumeLimitExceeded", "stopped", true],
    ["Server.InsufficientInstanceCapacity", "stopped", true],
    ["Server.InternalError", "stopping", true],
    ["Server.SomethingNew", "stopped", true],
  ];
  for (const [code, state, isFailed] of rows) {
    it(`${code || "without a code"}, of a machine that is ${state}, ${isFailed ? "means a failed start" : "does not mean a failed start"}`, () => {
      expect(isFailedStart(state, { code })).to.equal(isFailed);
    });
  }
});

describe("the memory of failed starts", () => {
  it("is read as it was written, and fits into a tag", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), fc.nat(), (count, later) => {
        const text = formatFailedStarts({ count, lastAt: noon + later });
        expect(text)
          .to.match(/^[\w:.+-]+ [\w:.+-]+$/)
          .and.have.length.below(256);
        expect(parseFailedStarts(text, noon)).to.deep.equal({ count, lastAt: noon + later });
      }),
    );
  });

  it("contains the last start only if the tag is missing or damaged, and parsing never throws", () => {
    const once = { count: 1, lastAt: noon };
    for (const tag of [
      undefined,
      "",
      "3",
      "3 yesterday",
      "x 2026-11-26T12:00:00Z",
      "-1 2026-11-26T12:00:00Z",
    ])
      expect(parseFailedStarts(tag, noon)).to.deep.equal(once);
    fc.assert(
      fc.property(fc.string(), (tag) => {
        expect(parseFailedStarts(tag, noon).count).to.be.at.least(0);
      }),
    );
  });

  it("counts from the latest start, even if somebody else requested it", () => {
    const tag = formatFailedStarts({ count: 3, lastAt: noon - 9 * minute });
    expect(parseFailedStarts(tag, noon)).to.deep.equal({ count: 3, lastAt: noon });
  });

  it("delays the next start by a minute, by twice as long each time, and by an hour at most", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map(
      (count) => (nextStartAt({ count, lastAt: noon }) - noon) / minute,
    );
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(isBackingOff(failed, noon + minute - 1)).to.equal(true);
    expect(isBackingOff(failed, noon + minute)).to.equal(false);
    expect(isBackingOff(machine, noon)).to.equal(false);
  });

  it("is forgotten once the machine has run, and not before", () => {
    const failedStartsTag = "2 2026-11-26T12:00:00.000Z";
    const all: ControlledMachine[] = [
      { ...machine, id: "i-running", state: "running", failedStartsTag },
      { ...machine, id: "i-slept", failedStartsTag },
      { ...machine, id: "i-pending", state: "pending", failedStartsTag },
      { ...failed, id: "i-failed", failedStartsTag },
      { ...machine, id: "i-other" },
    ];
    expect(recovered(all)).to.deep.equal(["i-running", "i-slept"]);
  });
});

describe("a wake whose machine EC2 did not start", () => {
  const job: WaitingJob = {
    id: "7",
    repository: "acme/app",
    labels: [],
    state: "queued",
    queuedAt: noon / 1000 - 60,
    at: noon / 1000 - 60,
    expiresAt: noon / 1000 + 86_400,
    wakes: 2,
    wokenAt: noon / 1000,
    wokenMachine: "i-1",
  };
  const taken = (one: Partial<WaitingJob>, its: ControlledMachine = failed, now = noon + 5_000) =>
    withoutFailedWakes([{ ...job, ...one }], [its], now).failedWakes.length === 1;

  it("is taken off the job, which may then get another machine", () => {
    const { jobs, failedWakes } = withoutFailedWakes([job], [failed], noon + 5_000);
    expect(failedWakes).to.deep.equal([{ id: "7", wakes: 2, wokenMachine: "i-1" }]);
    expect(jobs[0]).to.include({ wakes: 1 }).and.not.have.any.keys("wokenAt", "wokenMachine");
  });

  it("stays counted if its machine started, or the job has begun", () => {
    expect(taken({}, machine)).to.equal(false);
    expect(taken({}, { ...machine, state: "running" })).to.equal(false);
    expect(taken({ state: "in_progress" })).to.equal(false);
    expect(taken({ wokenMachine: "i-2" })).to.equal(false);
    expect(taken({ wokenMachine: "", wakes: 0 })).to.equal(false);
  });

  it("stays counted while EC2 may still describe the machine as it was before it was started", () => {
    const before = { ...failed, launchedAt: noon - minute };
    expect(taken({}, before)).to.equal(false);
    expect(taken({}, before, noon + 2 * minute), "but not for ever").to.equal(true);
  });

  it("is taken off each job once, and never off a job without wakes", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.boolean(), (wakes, isFailed) => {
        const first = withoutFailedWakes([{ ...job, wakes }], [isFailed ? failed : machine], noon + 5_000);
        expect(first.failedWakes).to.have.lengthOf(isFailed && wakes > 0 ? 1 : 0);
        expect(first.jobs[0]!.wakes).to.be.at.least(0);
        expect(withoutFailedWakes(first.jobs, [failed], noon + 5_000).failedWakes).to.have.lengthOf(
          first.failedWakes.length === 0 && wakes > 0 ? 1 : 0,
        );
      }),
    );
  });
});
