import { expect } from "chai";
import fc from "fast-check";
import { addCosts, noCosts, spentInMonth, totalOf } from "../../../../contract/meter.ts";
import type { MeterRecord } from "../../../../contract/meter.ts";
import type { Disk, ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";
import {
  meterAssumptions,
  meterUntil as countUntil,
} from "../../../../runtime/functions/controller/meter.ts";
import type { MeterPrices } from "../../../../runtime/functions/controller/meter.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse("2026-11-01T00:00:00Z");
const prices: MeterPrices = {
  fleets: { cloud: { instanceType: "m5.xlarge", machine: 0.2, disk: 0.01 } },
  address: 0.005,
  list: { machines: { m5: 0.23, c5: 0.1 }, disks: [0.1, 0.006, 0.048] },
};
const machine: ControlledMachine = {
  id: "i-1",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  state: "running",
  availabilityZone: "a",
  createdAt: start,
  launchedAt: start,
  hasPublicAddress: true,
};
const at = (ms: number): MeterRecord => ({
  v: 1,
  month: "2026-11",
  begun: new Date(start).toISOString(),
  at: new Date(ms).toISOString(),
  days: {},
  fleets: {},
});
const meterUntil = (
  record: MeterRecord | undefined,
  now: number,
  machines: readonly ControlledMachine[],
  its: MeterPrices,
  strayDisks: readonly Disk[] = [],
) => countUntil(record, now, { machines, strayDisks }, its);
const near = (record: MeterRecord, usd: number) => {
  expect(spentInMonth(record)).to.be.closeTo(usd, 1e-9);
};

describe("the meter", () => {
  it("counts a running machine, its disk and its address since it last looked", () => {
    const record = meterUntil(at(start + hour), start + 3 * hour, [machine], prices);
    expect(record.days["01"]!.map((usd) => Number(usd.toFixed(9)))).to.deep.equal([0.4, 0.02, 0.01]);
    expect(record.fleets.cloud).to.deep.equal(record.days["01"]);
    expect(record.at).to.equal(new Date(start + 3 * hour).toISOString());
  });

  it("keeps the moment since which it counts when the month turns, and sets it again if it cannot use its record", () => {
    const first = meterUntil(undefined, start + hour, [machine], prices);
    expect(first.begun).to.equal(first.at);
    const nextMonth = meterUntil(first, start + 40 * 24 * hour, [machine], prices);
    expect(nextMonth.begun).to.equal(first.at);
    const ofTheFuture = meterUntil(at(start + 9 * hour), start + hour, [machine], prices);
    expect(ofTheFuture.begun).to.equal(ofTheFuture.at);
  });

  it("counts a sleeping machine's disk alone", () => {
    const record = meterUntil(
      at(start),
      start + 10 * hour,
      [{ ...machine, state: "stopped", launchedAt: start - day }],
      prices,
    );
    near(record, 0.1);
  });

  it("counts the time that it missed from when machines were created and started", () => {
    const late = {
      ...machine,
      createdAt: start + 2 * hour,
      launchedAt: start + 4 * hour,
      hasPublicAddress: false,
    };
    near(meterUntil(at(start), start + 5 * hour, [late], prices), 0.2 + 3 * 0.01);
    near(meterUntil(undefined, start + 5 * hour, [late], prices), 0.2 + 3 * 0.01);
  });

  it("counts until a machine was stopped if EC2 says when, and otherwise until the meter last looked", () => {
    const stopped = { ...machine, state: "stopped" as const, hasPublicAddress: false };
    near(
      meterUntil(at(start), start + 5 * hour, [{ ...stopped, stoppedAt: start + 2 * hour }], prices),
      0.4 + 0.05,
    );
    near(meterUntil(at(start), start + 5 * hour, [stopped], prices), 0.05);
    const brief = { ...stopped, launchedAt: start + hour };
    near(meterUntil(at(start), start + 2 * hour, [brief], prices), 0.2 + 0.02);
  });

  describe("counts no time", () => {
    const failedStart = {
      why: "Client.InternalError: Client error on launch",
      count: 1,
      lastAt: start + hour,
    };
    const launched = { ...machine, launchedAt: start + hour };
    const rows: [string, ControlledMachine][] = [
      ["of a start that EC2 did not carry out", { ...launched, state: "stopped", failedStart }],
      [
        "of a launch that EC2 did not carry out, nor its disk",
        { ...launched, createdAt: start + hour, state: "terminated", failedStart },
      ],
      ["before a machine is up: AWS bills it from then on", { ...launched, state: "pending" }],
    ];
    for (const [what, one] of rows) {
      it(what, () => {
        const { days } = meterUntil(at(start), start + 2 * hour, [one], prices);
        const [machines, , addresses] = days["01"] ?? noCosts;
        expect([machines, addresses]).to.deep.equal([0, 0]);
        const begun = meterUntil(undefined, start + 2 * hour, [one], prices).days["01"] ?? noCosts;
        expect([begun[0], begun[2]]).to.deep.equal([0, 0]);
        if (one.state === "terminated") near(meterUntil(at(start), start + 2 * hour, [one], prices), 0);
      });
    }

    it("and all of it once it is up", () => {
      const pending = meterUntil(at(start), start + hour, [{ ...launched, state: "pending" }], prices);
      near(meterUntil(pending, start + 2 * hour, [launched], prices), 0.2 + 0.005 + 0.02);
    });
  });

  it("counts no disk of a machine that is gone", () => {
    const gone = {
      ...machine,
      state: "terminated" as const,
      launchedAt: start - day,
      createdAt: start - day,
    };
    near(meterUntil(at(start), start + 5 * hour, [gone], prices), 0);
  });

  it("counts a stray disk from its creation, at its fleet's price or the highest one", () => {
    const disk = { id: "vol-1", fleet: "cloud", createdAt: start + 2 * hour };
    const record = meterUntil(at(start), start + 5 * hour, [], prices, [disk, { ...disk, fleet: "gone" }]);
    near(record, 2 * 3 * 0.01);
    expect(Object.keys(record.fleets)).to.deep.equal(["cloud", "gone"]);
  });

  it("counts a machine of unknown price and of a removed fleet at the highest price", () => {
    const record = meterUntil(
      at(start),
      start + hour,
      [{ ...machine, fleet: "gone", instanceType: "x9.large", hasPublicAddress: false }],
      prices,
    );
    near(record, 0.21);
    expect(Object.keys(record.fleets)).to.deep.equal(["gone"]);
  });

  describe("prices a machine", () => {
    const priced: [rule: string, change: Partial<ControlledMachine>, usd: number][] = [
      ["of the fleet's type as the configuration says", {}, 0.2],
      ["of a type that the fleet had before by the list", { instanceType: "m5.4xlarge" }, 0.92],
      ["of another family by the list", { instanceType: "c5.large" }, 0.05],
      [
        "that the list does not have at the price of the fleet's present type",
        { instanceType: "m5.metal" },
        0.2,
      ],
      ["of a fleet that was removed by the list", { fleet: "gone", instanceType: "c5.xlarge" }, 0.1],
      [
        "of such a fleet and an unknown type at the highest price",
        { fleet: "gone", instanceType: "x9.large" },
        0.2,
      ],
    ];
    for (const [rule, change, usd] of priced) {
      it(rule, () => {
        const record = meterUntil(at(start), start + hour, [{ ...machine, ...change }], prices);
        expect(record.days["01"]![0]).to.be.closeTo(usd, 1e-9);
      });
    }

    it("and reports each type whose price it had to guess once", () => {
      const unknown = { ...machine, instanceType: "m5.metal" };
      const machines = [
        machine,
        unknown,
        { ...unknown, id: "i-2" },
        { ...machine, instanceType: "c5.large" },
      ];
      expect(meterAssumptions(at(start), start + hour, { machines }, prices)).to.deep.equal([
        "The price of m5.metal is not in the list of prices: i-1, i-2 of cloud count at the price of the fleet's present type, 0.2 USD for an hour.",
      ]);
    });

    it("with its disks as they are described, each of them, and as its fleet's where they are not", () => {
      const disksOf = (disks: ControlledMachine["disks"]) => {
        const own = { ...machine, ...(disks && { disks }) };
        return meterUntil(at(start), start + hour, [own], prices).days["01"]![1];
      };
      expect(disksOf(undefined)).to.be.closeTo(0.01, 1e-9);
      expect(disksOf([{ sizeGb: 730 }])).to.be.closeTo(0.1, 1e-9);
      const two = [{ sizeGb: 730 }, { sizeGb: 73, iops: 3000, throughput: 125 }];
      expect(disksOf(two)).to.be.closeTo(0.11, 1e-9);
      expect(disksOf([{ sizeGb: 0, iops: 3730, throughput: 125 }])).to.be.closeTo(0.006, 1e-9);
    });

    it("and a disk without one by its size", () => {
      const disk = { id: "vol-1", fleet: "cloud", createdAt: start, size: { sizeGb: 146 } };
      near(meterUntil(at(start), start + hour, [], prices, [disk]), 0.02);
    });
  });

  describe("without a record to continue", () => {
    const now = start + 25 * day;
    const asleep = {
      ...machine,
      state: "stopped" as const,
      hasPublicAddress: false,
      launchedAt: start + day,
    };
    const diskUsd = 25 * 24 * 0.01;
    const rows: [rule: string, change: Partial<ControlledMachine>, machineUsd: number, diskUsd: number][] = [
      ["invents no hours of a machine that sleeps", {}, 0, diskUsd],
      ["counts its disk since it was made", { createdAt: now - 2 * hour }, 0, 0.02],
      ["counts what EC2 says of it", { stoppedAt: start + day + hour }, 0.2, diskUsd],
      ["counts nothing for one that is gone", { state: "terminated" }, 0, 0],
      ["counts one that runs since it was started", { state: "running" }, 24 * 24 * 0.2, diskUsd],
      [
        "counts one that ran before the month since it began",
        { state: "running", launchedAt: start - day },
        25 * 24 * 0.2,
        diskUsd,
      ],
      ["counts one that is just going to sleep", { state: "stopping" }, 24 * 24 * 0.2, diskUsd],
    ];
    for (const [rule, change, machineUsd, disk] of rows) {
      it(rule, () => {
        const record = meterUntil(undefined, now, [{ ...asleep, ...change }], prices);
        const costs = Object.values(record.days).reduce(addCosts, noCosts);
        expect(costs[0]).to.be.closeTo(machineUsd, 1e-6);
        expect(costs[1]).to.be.closeTo(disk, 1e-6);
      });
    }

    it("reports that it starts the month again, and only then", () => {
      const said = (record: MeterRecord | undefined) =>
        meterAssumptions(record, now, { machines: [] }, prices);
      expect(said(undefined)).to.have.lengthOf(1);
      expect(said(at(now + hour)), "a clock was wrong").to.have.lengthOf(1);
      expect(said(at(now - day))).to.deep.equal([]);
      expect(said(at(now + minute)), "another copy").to.deep.equal([]);
    });
  });

  it("starts again with each month, and keeps the days of the one before", () => {
    const november = meterUntil(at(start + 29 * day), start + 29 * day + hour, [machine], prices);
    const december = meterUntil(november, start + 31 * day, [machine], prices);
    expect(december.month).to.equal("2026-12");
    near(december, 24 * 0.215);
    expect(december.previous).to.deep.equal({ month: "2026-11", days: november.days });
    const march = meterUntil(december, Date.parse("2027-03-01T01:00:00Z"), [machine], prices);
    expect(march.previous).to.equal(undefined);
    near(march, 0.215);
  });

  it("does not count the future again when a clock was wrong", () => {
    const ahead = meterUntil(at(start), start + 3 * hour, [machine], prices);
    const back = meterUntil(ahead, start + 2 * hour, [machine], prices);
    near(back, 2 * 0.215);
  });

  it("stays as it is if a concurrent controller's clock is a little ahead, so that no cost is forgotten", () => {
    const ahead = meterUntil(at(start), start + 3 * hour, [machine], prices);
    expect(meterUntil(ahead, start + 3 * hour - 1, [machine], prices)).to.deep.equal(ahead);
    expect(meterUntil(ahead, start + 3 * hour - 5 * minute, [machine], prices)).to.deep.equal(ahead);
  });

  it("has the same total however often it looks, and its days add up to its fleets", () => {
    const moments = fc.array(fc.integer({ min: 1, max: 40 * day }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 20 * day }), (all, launched) => {
        const machines = [{ ...machine, launchedAt: start + launched, createdAt: start + launched }];
        const last = start + Math.max(...all);
        const once = meterUntil(undefined, last, machines, prices);
        const often = [...all]
          .sort((one, other) => one - other)
          .reduce<MeterRecord | undefined>(
            (record, moment) => meterUntil(record, start + moment, machines, prices),
            undefined,
          )!;
        expect(spentInMonth(often)).to.be.closeTo(spentInMonth(once), 1e-6);
        const byFleet = Object.values(often.fleets).reduce((sum, costs) => sum + totalOf(costs), 0);
        expect(byFleet).to.be.closeTo(spentInMonth(often), 1e-6);
      }),
    );
  });

  it("counts nothing twice if two controllers look at once", () => {
    const before = at(start);
    const [one, other] = [1, 2].map(() => meterUntil(before, start + hour, [machine], prices));
    expect(one).to.deep.equal(other);
    near(meterUntil(one, start + hour, [machine], prices), 0.215);
  });
});
