import { parameterLength } from "../../../contract/aws-limits.ts";
import { expect } from "chai";
import fc from "fast-check";
import { formatMeter, meterParameter, parseMeter, spentInMonth } from "../../../contract/meter.ts";
import type { Costs, CostsByDay, MeterRecord } from "../../../contract/meter.ts";

const dayKeys = Array.from({ length: 31 }, (_, index) => String(index + 1).padStart(2, "0"));
const costsUpTo = (max: number): fc.Arbitrary<Costs> => {
  const usd = fc.double({ min: 0, max, noNaN: true });
  return fc.tuple(usd, usd, usd);
};
const byKey = (keys: readonly string[], max: number): fc.Arbitrary<Record<string, Costs>> =>
  fc
    .tuple(...keys.map(() => costsUpTo(max)))
    .map((costs) => Object.fromEntries(keys.map((key, index) => [key, costs[index]!])));

/** A month that is metered in full, with the month before, for twenty fleets. */
const fullRecord: fc.Arbitrary<MeterRecord> = fc.record({
  v: fc.constant(1 as const),
  month: fc.constant("2026-12"),
  begun: fc.constant("2026-11-01T00:00:00.000Z"),
  at: fc.constant("2026-12-31T23:59:00.000Z"),
  days: byKey(dayKeys, 9_999),
  fleets: byKey(
    Array.from({ length: 20 }, (_, index) => `integration-fleet-${index + 10}`),
    99_999,
  ),
  previous: fc.record({ month: fc.constant("2026-11"), days: byKey(dayKeys, 9_999) }),
});

const record: MeterRecord = {
  v: 1,
  month: "2026-11",
  begun: "2026-10-31T08:00:00.000Z",
  at: "2026-11-05T12:34:00.000Z",
  days: { "04": [4.6, 0.31, 0.12], "05": [2.4, 0.16, 0.06] },
  fleets: { cloud: [7, 0.47, 0.18] },
  previous: { month: "2026-10", days: { "31": [1, 2, 3] } },
};

/** The same days, each amount with this number of decimal places. */
const atPlaces = (days: CostsByDay, places: number) =>
  Object.fromEntries(
    Object.entries(days).map(([day, costs]) => [day, costs.map((usd) => Number(usd.toFixed(places)))]),
  );

describe("the meter's record", () => {
  it("has a name that no fleet's parameter can have", () => {
    expect(meterParameter("dev")).to.equal("/longhaul/dev/_meter");
  });

  it("is read as it was written", () => {
    expect(parseMeter(formatMeter(record))).to.deep.equal(record);
    const { previous, ...first } = record;
    expect(previous).to.not.equal(undefined);
    expect(parseMeter(formatMeter(first))).to.deep.equal(first);
  });

  it("fits its parameter with two full months and twenty fleets, to the millionth of a dollar", () => {
    fc.assert(
      fc.property(fullRecord, (full) => {
        const text = formatMeter(full);
        const read = parseMeter(text)!;
        expect(text).to.have.length.at.most(parameterLength);
        expect(read.days).to.deep.equal(atPlaces(full.days, 6));
        expect(read.fleets).to.deep.equal(atPlaces(full.fleets, 6));
        expect([4, 2].map((places) => atPlaces(full.previous!.days, places))).to.deep.include(
          read.previous!.days,
        );
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the days of this month if there is no room for anything else", () => {
    const names = Array.from({ length: 300 }, (_, index) => `fleet-${index}`);
    fc.assert(
      fc.property(fullRecord, byKey(names, 9_999), (full, fleets) => {
        const text = formatMeter({ ...full, fleets });
        expect(text).to.have.length.at.most(parameterLength);
        expect(parseMeter(text)).to.deep.include({ days: atPlaces(full.days, 6), fleets: {} });
      }),
      { numRuns: 5 },
    );
  });

  it("drops the month before earlier than this month's fleets", () => {
    const fleets = Object.fromEntries(
      Array.from({ length: 45 }, (_, index) => [`fleet-${index}`, [1234.567891, 123.456789, 12.345678]]),
    ) as unknown as Record<string, Costs>;
    const days = Object.fromEntries(dayKeys.map((day) => [day, [1234.567891, 123.456789, 12.345678]]));
    const full = { ...record, days, fleets, previous: { month: "2026-10", days } } as unknown as MeterRecord;
    const read = parseMeter(formatMeter(full));
    expect(read?.fleets).to.deep.equal(fleets);
    expect(read?.previous).to.equal(undefined);
  });

  it("loses no more than half a millionth of a dollar for each amount", () => {
    fc.assert(
      fc.property(byKey(dayKeys, 9_999), (days) => {
        const spent = spentInMonth(parseMeter(formatMeter({ ...record, days }))!);
        expect(spent).to.be.closeTo(spentInMonth({ days }), 31 * 3 * 0.5e-6 + 1e-8);
      }),
      { numRuns: 50 },
    );
  });

  it("gives the cost of this month, without the month before", () => {
    expect(spentInMonth(record)).to.be.closeTo(7.65, 1e-9);
    expect(spentInMonth({ days: {} })).to.equal(0);
  });

  it("is undefined if the text is anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseMeter(text)).to.equal(undefined);
      }),
    );
  });

  const damaged: [what: string, change: object][] = [
    ["of another version", { v: 2 }],
    ["without a month", { month: undefined }],
    ["of a thirteenth month", { month: "2026-13" }],
    ["until something that is not a moment", { at: "yesterday" }],
    ["until a moment in another zone", { at: "2026-11-05T12:34:00+01:00" }],
    ["without days", { days: undefined }],
    ["with a list for days", { days: [] }],
    ["with a day that no month has", { days: { "32": [1, 2, 3] } }],
    ["with a day of two amounts", { days: { "05": [1, 2] } }],
    ["with an amount below zero", { days: { "05": [1, 2, -3] } }],
    ["with a text for an amount", { days: { "05": [1, 2, "3"] } }],
    ["with an amount of null", { fleets: { cloud: [1, 2, null] } }],
    ["without fleets", { fleets: undefined }],
    ["with a malformed month before", { previous: { month: "2026-10" } }],
    ["with a month before without a name", { previous: { days: {} } }],
  ];
  for (const [what, change] of damaged) {
    it(`is undefined if it is one ${what}`, () => {
      expect(parseMeter(JSON.stringify({ ...record, ...change }))).to.equal(undefined);
    });
  }

  it("is undefined if there is no parameter", () => {
    expect(parseMeter(undefined)).to.equal(undefined);
  });
});
