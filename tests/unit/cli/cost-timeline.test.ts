import { expect } from "chai";
import fc from "fast-check";
import type { LedgerLine } from "../../../contract/ledger.ts";
import { byDays, dayOf, timelineOf, within } from "../../../cli/cost/timeline.ts";
import type { Segment } from "../../../cli/cost/timeline.ts";
import { job, linesArbitrary, morning, start, stop } from "./cost-lines.ts";

const minutesOf = (segments: readonly Segment[]) =>
  segments.map(({ kind, from, to }) => [kind, (from - morning) / 60_000, (to - morning) / 60_000]);

describe("what a machine did", () => {
  const rows: [rule: string, lines: LedgerLine[], told: (string | number)[][]][] = [
    ["nothing, where it has written nothing", [], []],
    ["its job, from the moment it came", [job(10, 40)], [["job", 10, 40]]],
    [
      "it booted, waited, worked, waited, and left",
      [start(5, 3), job(10, 40), stop(60)],
      [
        ["boot", 2, 5],
        ["idle", 5, 10],
        ["job", 10, 40],
        ["idle", 40, 60],
      ],
    ],
    [
      "it waited between two jobs",
      [job(10, 40), job(50, 55)],
      [
        ["job", 10, 40],
        ["idle", 40, 50],
        ["job", 50, 55],
      ],
    ],
    [
      "it slept between a stop and the next start, which costs nothing",
      [job(10, 40), stop(45), start(105, 1)],
      [
        ["job", 10, 40],
        ["idle", 40, 45],
        ["boot", 104, 105],
      ],
    ],
    [
      "it went down without a word: how long it had waited is not known",
      [job(10, 40), start(105, 1)],
      [
        ["job", 10, 40],
        ["boot", 104, 105],
      ],
    ],
    [
      "it was about to leave and stayed for a job",
      [start(5, 0), stop(20), job(30, 40)],
      [
        ["idle", 5, 20],
        ["idle", 20, 30],
        ["job", 30, 40],
      ],
    ],
    [
      "a job that came while another was running counts from that one's end",
      [job(10, 40), job(39, 50)],
      [
        ["job", 10, 40],
        ["job", 40, 50],
      ],
    ],
    ["a line that was written twice counts once", [job(10, 40), job(10, 40)], [["job", 10, 40]]],
    ["a stop that nothing came before says nothing", [stop(20)], []],
  ];
  for (const [rule, lines, told] of rows) {
    it(rule, () => {
      expect(minutesOf(timelineOf(lines))).to.deep.equal(told);
      expect(minutesOf(timelineOf(lines.toReversed())), "in another order").to.deep.equal(told);
    });
  }

  const soon = morning + 90 * 60_000;
  it("goes on as idle for as long as it was seen so", () => {
    expect(minutesOf(timelineOf([start(5, 0)], soon))).to.deep.equal([["idle", 5, 90]]);
    expect(minutesOf(timelineOf([job(10, 40)], soon))).to.deep.equal([
      ["job", 10, 40],
      ["idle", 40, 90],
    ]);
  });

  it("does not go on after it has left", () => {
    expect(minutesOf(timelineOf([job(10, 40), stop(40)], soon))).to.deep.equal([["job", 10, 40]]);
  });

  it("is never two things at once, whatever it writes", () => {
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

  it("is what lies in a span of time", () => {
    const span = { from: morning + 20 * 60_000, to: morning + 50 * 60_000 };
    expect(minutesOf(within(timelineOf([job(10, 40), job(45, 55), job(60, 70)]), span))).to.deep.equal([
      ["job", 20, 40],
      ["idle", 40, 45],
      ["job", 45, 50],
    ]);
  });

  it("cut at midnights is as long as before, and each piece is of one day", () => {
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
