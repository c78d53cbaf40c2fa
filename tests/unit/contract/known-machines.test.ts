import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../../config/limits.ts";
import {
  formatKnownMachines,
  initialKnownMachines,
  parseKnownMachines,
} from "../../../contract/known-machines.ts";

/** SSM's standard tier. */
const maxLength = 4096;
const hour = 3_600_000;
const now = Date.parse("2026-03-01T10:00:00Z");

describe("the memory of which machines were seen", () => {
  const ids = fc.stringMatching(/^i-[0-9a-f]{17}$/);
  const moments = fc.integer({ min: 0, max: 100 }).map((hours) => now - hours * hour);

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, moments), { maxLength: 80 }), (seen) => {
        expect(parseKnownMachines(formatKnownMachines(new Map(seen)))).to.deep.equal(new Map(seen));
      }),
    );
  });

  it("is the same text in whatever order machines were added", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(ids, moments), { selector: ([id]) => id, maxLength: 20 }),
        (seen) => {
          expect(formatKnownMachines(new Map(seen))).to.equal(
            formatKnownMachines(new Map([...seen].reverse())),
          );
        },
      ),
    );
  });

  const machines = (count: number, at: number, digit: string) =>
    Array.from(
      { length: count },
      (_, index) => [`i-${digit}${String(index).padStart(16, "0")}`, at] as const,
    );

  it("has room for the largest fleet while every machine of it is being replaced", () => {
    const seen = new Map([
      ...machines(limits.runnersPerFleet, now, "a"),
      ...machines(limits.runnersPerFleet, now - hour, "b"),
    ]);
    expect(formatKnownMachines(seen)).to.have.length.at.most(maxLength);
    expect(parseKnownMachines(formatKnownMachines(seen))).to.deep.equal(seen);
  });

  it("leaves out the machines that were seen last if there is no room: they will be seen again", () => {
    const old = machines(150, now - hour, "b");
    const text = formatKnownMachines(new Map([...machines(400, now, "a"), ...old]));
    expect(text).to.have.length.at.most(maxLength);
    expect([...parseKnownMachines(text)!.keys()]).to.include.members(old.map(([id]) => id));
  });

  it("begins empty", () => {
    expect(parseKnownMachines(initialKnownMachines)).to.deep.equal(new Map());
  });

  for (const text of [
    undefined,
    "",
    "{",
    "null",
    "7",
    '{"machines":[]}',
    '{"machines":{"yesterday":"0123456789abcdef0"}}',
    '{"machines":{"2026-03-01T10:00:00.000Z":["0123456789abcdef0"]}}',
    '{"machines":{"2026-03-01T10:00:00.000Z":"i-0123456789abcdef0"}}',
    '{"machines":{"2026-03-01T10:00:00.000Z":""}}',
  ]) {
    it(`is undefined if it is ${text ?? "missing"}`, () => {
      expect(parseKnownMachines(text)).to.equal(undefined);
    });
  }
});
