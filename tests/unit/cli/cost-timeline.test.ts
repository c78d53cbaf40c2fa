import { expect } from "chai";
import fc from "fast-check";
import type { LedgerLine } from "../../../contract/ledger.ts";
import { byDays, dayOf, timelineOf, within } from "../../../cli/cost/timeline.ts";
import type { Segment } from "../../../cli/cost/timeline.ts";
import { job, linesArbitrary, morning, start, stop } from "./cost-lines.ts";

const minutesOf = (segments: readonly Segment[]) =>
  segments.map(({ kind, from, to }) => [kind, (from - morning) / 60_000, (to - morning) / 60_000]);

describe("what a machine did", () => {
  const rows: [rule: string, lines: LedgerLine[], expected: (string | number)[][]][] = [
    ["is nothing if it has written nothing", [], []],
    ["is a job from the job's arrival on", [job(10, 40)], [["job", 10, 40]]],
    [
      "is boot, idle, job, and idle until the stop",
      [start(5, 3), job(10, 40), stop(60)],
      [
        ["boot", 2, 5],
        ["idle", 5, 10],
        ["job", 10, 40],
        ["idle", 40, 60],
      ],
    ],
    [
      "is idle between two jobs",
      [job(10, 40), job(50, 55)],
      [
        ["job", 10, 40],
        ["idle", 40, 50],
        ["job", 50, 55],
      ],
    ],
    [
      "is nothing between a stop and the next start",
      [job(10, 40), stop(45), start(105, 1)],
      [
        ["job", 10, 40],
        ["idle", 40, 45],
        ["boot", 104, 105],
      ],
    ],
    [
      "is unknown before a start without a stop",
      [job(10, 40), start(105, 1)],
      [
        ["job", 10, 40],
        ["boot", 104, 105],
      ],
    ],
    [
      "is idle between a stop and a job that made the machine stay",
      [start(5, 0), stop(20), job(30, 40)],
      [
        ["idle", 5, 20],
        ["idle", 20, 30],
        ["job", 30, 40],
      ],
    ],
    [
      "is a job from the end of the earlier one, if both overlap",
      [job(10, 40), job(39, 50)],
      [
        ["job", 10, 40],
        ["job", 40, 50],
      ],
    ],
    ["counts a line that was written twice once", [job(10, 40), job(10, 40)], [["job", 10, 40]]],
    ["is nothing before a stop that is the first line", [stop(20)], []],
  ];
  for (const [rule, lines, expected] of rows) {
    it(rule, () => {
      expect(minutesOf(timelineOf(lines))).to.deep.equal(expected);
      expect(minutesOf(timelineOf(lines.toReversed())), "in another order").to.deep.equal(expected);
    });
  }

  const soon = morning + 90 * 60_000;
  it("continues as idle until the machine was last seen idle", () => {
    expect(minutesOf(timelineOf([start(5, 0)], soon))).to.deep.equal([["idle", 5, 90]]);
    expect(minutesOf(timelineOf([job(10, 40)], soon))).to.deep.equal([
      ["job", 10, 40],
      ["idle", 40, 90],
    ]);
  });

  it("does not continue after a stop", () => {
    expect(minutesOf(timelineOf([job(10, 40), stop(40)], soon))).to.deep.equal([["job", 10, 40]]);
  });

  it("is never two things at once, whatever the machine writes", () => {
    fc.assert(
      fc.property(
        linesArbitrary,
        fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
        (lines, until) => {
          const idleUntil = until === undefined ? undefined : morning + until * 60_000;
          const segments = timelineOf(lines, idleUntil);
          segments.forEach(({ from, to }, index) => {
            expect(from).to.be.below(to);
            if (index > 0) expect(from).to.be.at.least(segments[index - 1]!.to);
          });
        },
      ),
    );
  });
});

describe("a part of what machines did", () => {
  const length = (segments: readonly Segment[]) => segments.reduce((sum, { from, to }) => sum + to - from, 0);

  it("is cut to a span of time", () => {
    const span = { from: morning + 20 * 60_000, to: morning + 50 * 60_000 };
    expect(minutesOf(within(timelineOf([job(10, 40), job(45, 55), job(60, 70)]), span))).to.deep.equal([
      ["job", 20, 40],
      ["idle", 40, 45],
      ["job", 45, 50],
    ]);
  });

  it("is as long as before when it is cut at midnights, and each piece is of one day", () => {
    fc.assert(
      fc.property(linesArbitrary, (lines) => {
        const segments = timelineOf(lines);
        const pieces = byDays(segments);
        expect(length(pieces)).to.equal(length(segments));
        for (const { from, to } of pieces) expect(dayOf(from)).to.equal(dayOf(to - 1));
      }),
    );
  });
});
