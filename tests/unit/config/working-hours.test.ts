import { expect } from "chai";
import fc from "fast-check";
import { workingHoursFault } from "../../../config/rules/working-hours.ts";
import {
  formatDaysAndTime,
  workingHoursAt,
  workingHoursPerWeek,
  parseDaysAndTime,
} from "../../../contract/working-hours.ts";

const line = fc
  .record({
    days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    minutes: fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.constantFrom(0, 450, 451, 1439)),
  })
  .map(formatDaysAndTime);
/** Any two lines, and often two on the same days, so that each wake has a sleep. */
const lines = fc.oneof(
  fc.record({ wake: line, sleep: line }),
  fc.tuple(line, line).map(([wake, sleep]) => ({
    wake,
    sleep: formatDaysAndTime({ ...parseDaysAndTime(wake)!, minutes: parseDaysAndTime(sleep)!.minutes }),
  })),
);

/** The minutes of the week at which a line wakes or sleeps. */
function momentsOf(text: string): number[] {
  const { days, minutes } = parseDaysAndTime(text)!;
  return days.map((day) => day * 1440 + minutes);
}

describe("the rule for working hours", () => {
  it("accepts only hours in which wakes and sleeps alternate, with at least an hour of sleep a week", () => {
    fc.assert(
      fc.property(lines, (hours) => {
        fc.pre(workingHoursFault(hours) === undefined);
        const edges = [
          ...momentsOf(hours.wake).map((at) => ({ at, kind: "wake" })),
          ...momentsOf(hours.sleep).map((at) => ({ at, kind: "sleep" })),
        ].sort((one, other) => one.at - other.at);
        edges.forEach(({ at, kind }, index) => {
          expect(kind).not.to.equal(edges.at(index - 1)!.kind);
          expect(at).not.to.equal(edges.at(index - 1)!.at);
        });
        expect(workingHoursPerWeek(hours)).to.be.at.most(167);
      }),
      { numRuns: 50 },
    );
  });

  it("names the actual fault: two wakes or two sleeps in a row, a wake and a sleep at once, or too little sleep", () => {
    fc.assert(
      fc.property(lines, (hours) => {
        const fault = workingHoursFault(hours);
        fc.pre(fault !== undefined);
        const [wakes, sleeps] = [momentsOf(hours.wake), momentsOf(hours.sleep)];
        if (fault.includes("the moment of wake")) {
          expect(wakes.some((at) => sleeps.includes(at))).to.equal(true);
          return;
        }
        const named = /the (wake|sleep) of (\S+ \d\d:\d\d) is followed by the \1 of (\S+ \d\d:\d\d)/.exec(
          fault,
        );
        if (!named) {
          expect(fault).to.match(/machines would sleep for (a minute|\d+ minutes) of a week/);
          return;
        }
        const [first, again] = [named[2]!, named[3]!].map((text) => momentsOf(text)[0]!);
        const [own, others] = named[1] === "wake" ? [wakes, sleeps] : [sleeps, wakes];
        expect(own).to.include.members([first, again]);
        const after = (at: number) => (at - first! + 7 * 1440) % (7 * 1440);
        expect(others.some((at) => after(at) < after(again!))).to.equal(false);
      }),
    );
  });

  it("accepts all hours in which a sleep follows each wake on the same day", () => {
    const days = fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
    const minutes = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(days, minutes, minutes, (some, one, other) => {
        fc.pre(one !== other && some.length * Math.abs(other - one) <= 167 * 60);
        const [wake, sleep] = [Math.min(one, other), Math.max(one, other)].map((at) =>
          formatDaysAndTime({ days: some, minutes: at }),
        );
        expect(workingHoursFault({ wake: wake!, sleep: sleep! })).to.equal(undefined);
      }),
    );
  });

  for (const [what, wake, sleep] of [
    ["a working week", "Mon-Fri 07:30", "Mon-Fri 19:00"],
    ["a week without nights", "Mon 08:00", "Fri 18:00"],
    ["weekends", "Fri 20:00", "Mon 06:00"],
    ["nights", "Mon-Fri 20:00", "Tue-Sat 06:00"],
    ["nights, and the weekend", "Mon-Fri 20:00", "Mon-Fri 06:00"],
    ["all but an hour a week", "Mon 00:00", "Sun 23:00"],
  ] as const) {
    it(`accepts ${what}: ${wake} to ${sleep}`, () => {
      expect(workingHoursFault({ wake, sleep })).to.equal(undefined);
      expect(workingHoursAt({ wake, sleep, zone: "UTC", holidays: [] }, 0).until).not.to.equal(undefined);
    });
  }
});
