import { expect } from "chai";
import fc from "fast-check";
import { spentInMonth, totalOf } from "../../../../contract/meter.ts";
import type { MeterRecord } from "../../../../contract/meter.ts";
import type { Disk, Machine } from "../../../../runtime/functions/controller/machine.ts";
import { meterUntil as countUntil } from "../../../../runtime/functions/controller/meter.ts";
import type { MeterPrices } from "../../../../runtime/functions/controller/meter.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse("2026-11-01T00:00:00Z");
const prices = { fleets: { cloud: { machine: 0.2, disk: 0.01 } }, address: 0.005 };
const machine: Machine = {
  id: "i-1",
  fleet: "cloud",
  runner: "dev-cloud-1",
  state: "running",
  availabilityZone: "a",
  createdAt: start,
  launchedAt: start,
  hasPublicAddress: true,
};
const at = (ms: number): MeterRecord => ({
  v: 1,
  month: "2026-11",
  at: new Date(ms).toISOString(),
  days: {},
  fleets: {},
});
const meterUntil = (
  record: MeterRecord | undefined,
  now: number,
  machines: readonly Machine[],
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

  it("counts a sleeping machine's disk alone", () => {
    const record = meterUntil(
      at(start),
      start + 10 * hour,
      [{ ...machine, state: "stopped", launchedAt: start - day }],
      prices,
    );
    near(record, 0.1);
  });

  it("makes up what it missed from when machines were made and started", () => {
    const late = {
      ...machine,
      createdAt: start + 2 * hour,
      launchedAt: start + 4 * hour,
      hasPublicAddress: false,
    };
    near(meterUntil(at(start), start + 5 * hour, [late], prices), 0.2 + 3 * 0.01);
    near(meterUntil(undefined, start + 5 * hour, [late], prices), 0.2 + 3 * 0.01);
  });

  it("counts until a machine was stopped where EC2 says when, and until it last looked where it does not", () => {
    const stopped = { ...machine, state: "stopped" as const, hasPublicAddress: false };
    near(
      meterUntil(at(start), start + 5 * hour, [{ ...stopped, stoppedAt: start + 2 * hour }], prices),
      0.4 + 0.05,
    );
    near(meterUntil(at(start), start + 5 * hour, [stopped], prices), 0.05);
    const brief = { ...stopped, launchedAt: start + hour };
    near(meterUntil(at(start), start + 2 * hour, [brief], prices), 0.2 + 0.02);
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

  it("counts a disk that no machine has, since it was made, as its fleet's or as the dearest", () => {
    const disk = { id: "vol-1", fleet: "cloud", createdAt: start + 2 * hour };
    const record = meterUntil(at(start), start + 5 * hour, [], prices, [disk, { ...disk, fleet: "gone" }]);
    near(record, 2 * 3 * 0.01);
    expect(Object.keys(record.fleets)).to.deep.equal(["cloud", "gone"]);
  });

  it("counts a machine whose fleet has been taken out as the dearest there is", () => {
    const record = meterUntil(
      at(start),
      start + hour,
      [{ ...machine, fleet: "gone", hasPublicAddress: false }],
      prices,
    );
    near(record, 0.21);
    expect(Object.keys(record.fleets)).to.deep.equal(["gone"]);
  });

  it("begins anew with the month, and keeps the days of the one before", () => {
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

  it("is as it was where another copy's clock is a little ahead: nothing that was spent is forgotten", () => {
    const ahead = meterUntil(at(start), start + 3 * hour, [machine], prices);
    expect(meterUntil(ahead, start + 3 * hour - 1, [machine], prices)).to.deep.equal(ahead);
    expect(meterUntil(ahead, start + 3 * hour - 5 * minute, [machine], prices)).to.deep.equal(ahead);
  });

  it("says the same however often it looks, and its days add up to its fleets", () => {
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

  it("counts nothing twice when two look at once", () => {
    const before = at(start);
    const [one, other] = [1, 2].map(() => meterUntil(before, start + hour, [machine], prices));
    expect(one).to.deep.equal(other);
    near(meterUntil(one, start + hour, [machine], prices), 0.215);
  });
});
