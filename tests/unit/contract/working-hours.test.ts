import { expect } from "chai";
import fc from "fast-check";
import {
  formatDaysAndTime,
  workingHoursAt,
  workingHoursPerWeek,
  parseDaysAndTime,
} from "../../../contract/working-hours.ts";
import type { WorkingHours } from "../../../contract/working-hours.ts";

describe("days and a time", () => {
  const weekdays = [1, 2, 3, 4, 5];
  for (const [text, days, minutes] of [
    ["Mon-Fri 07:30", weekdays, 450],
    ["mon-fri 7:30", weekdays, 450],
    ["Sat,Sun 10:00", [0, 6], 600],
    ["Fri-Mon 23:59", [0, 1, 5, 6], 1439],
    ["Wed 00:00", [3], 0],
    ["Mon,Wed-Thu 12:00", [1, 3, 4], 720],
    ["daily 06:00", [0, 1, 2, 3, 4, 5, 6], 360],
  ] as const) {
    it(`are read from "${text}"`, () => {
      expect(parseDaysAndTime(text)).to.deep.equal({ days, minutes });
    });
  }
  for (const text of [
    "",
    "07:30",
    "Mon-Fri",
    "Mon-Fri 24:00",
    "Mon-Fri 07:60",
    "Montag 07:30",
    "Mon--Fri 07:30",
  ]) {
    it(`are not "${text}"`, () => {
      expect(parseDaysAndTime(text)).to.equal(undefined);
    });
  }
});

describe("formatted days and a time", () => {
  for (const [days, text] of [
    [[1, 2, 3, 4, 5], "Mon-Fri 07:05"],
    [[0, 1, 5, 6], "Fri-Mon 07:05"],
    [[0, 6], "Sat-Sun 07:05"],
    [[0, 1], "Sun-Mon 07:05"],
    [[1, 3, 4], "Mon,Wed-Thu 07:05"],
    [[6], "Sat 07:05"],
    [[0, 1, 2, 3, 4, 5, 6], "daily 07:05"],
  ] as const) {
    it(`are "${text}"`, () => {
      expect(formatDaysAndTime({ days, minutes: 425 })).to.equal(text);
    });
  }

  it("are read as they were written", () => {
    const days = fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 1439 }), (some, minutes) => {
        const line = { days: some, minutes };
        expect(parseDaysAndTime(formatDaysAndTime(line))).to.deep.equal(line);
      }),
    );
  });
});

const dayMs = 24 * 3_600_000;

/** Noons, in UTC, of the days of 2026 and 2027 on which a zone's clocks are changed or have just been. */
function changesOf(zone: string): number[] {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
  const noons = Array.from({ length: 2 * 365 }, (_, day) => Date.UTC(2026, 0, 1 + day, 12));
  return noons.filter((noon) => format.format(noon) !== format.format(noon - dayMs));
}

describe("working hours", () => {
  const berlin: WorkingHours = {
    wake: "Mon-Fri 07:30",
    sleep: "Mon-Fri 19:00",
    zone: "Europe/Berlin",
    holidays: ["2026-12-25"],
  };
  const at = (text: string, hours = berlin) => {
    const { power, since, until } = workingHoursAt(hours, Date.parse(text));
    return [power, iso(since), until === undefined ? undefined : iso(until)];
  };
  const iso = (moment: number) => new Date(moment).toISOString().slice(0, 16);

  it("are on from each wake to the next sleep, and off from there, by the zone's clocks", () => {
    // Thursday 26 November 2026; Berlin is an hour ahead.
    expect(at("2026-11-26T06:29Z")).to.deep.equal(["off", "2026-11-25T18:00", "2026-11-26T06:30"]);
    expect(at("2026-11-26T06:30Z")).to.deep.equal(["on", "2026-11-26T06:30", "2026-11-26T18:00"]);
    expect(at("2026-11-26T18:00Z")).to.deep.equal(["off", "2026-11-26T18:00", "2026-11-27T06:30"]);
    expect(at("2026-11-28T12:00Z"), "Saturday").to.deep.equal([
      "off",
      "2026-11-27T18:00",
      "2026-11-30T06:30",
    ]);
  });

  it("do not begin on a holiday", () => {
    expect(at("2026-12-25T12:00Z")).to.deep.equal(["off", "2026-12-24T18:00", "2026-12-28T06:30"]);
  });

  it("end on a holiday if they began the day before", () => {
    const nights = { ...berlin, wake: "Mon-Fri 20:00", sleep: "Tue-Sat 06:00" };
    expect(at("2026-12-25T04:00Z", nights)).to.deep.equal(["on", "2026-12-24T19:00", "2026-12-25T05:00"]);
    expect(at("2026-12-25T22:00Z", nights)[0]).to.equal("off");
  });

  it("follow the clocks when they are put forward and back", () => {
    // Clocks go forward on Sunday 29 March 2026 and back on Sunday 25 October 2026.
    expect(at("2026-03-27T12:00Z")[1]).to.equal("2026-03-27T06:30");
    expect(at("2026-03-30T12:00Z")[1]).to.equal("2026-03-30T05:30");
    expect(at("2026-10-26T12:00Z")[1]).to.equal("2026-10-26T06:30");
  });

  it("begin and end at the change if the clocks skip their time, and at its first occurrence if it occurs twice", () => {
    const early = { ...berlin, wake: "Sun 02:30", sleep: "Sun 12:00" };
    expect(at("2026-03-29T09:00Z", early)[1], "02:30 does not exist: 03:00 in summer").to.equal(
      "2026-03-29T01:00",
    );
    expect(at("2026-10-25T09:00Z", early)[1], "02:30 in summer, not an hour later").to.equal(
      "2026-10-25T00:30",
    );
  });

  // Clocks go forward from 02:00 to 03:00, which is 01:00 in UTC, on Sunday 28 March 2027.
  for (const [what, wake, sleep, before, after] of [
    ["end with the skipped hour", "daily 02:30", "daily 03:00", "off", "off"],
    ["lie within the skipped hour", "daily 02:10", "daily 02:50", "off", "off"],
    ["begin within the skipped hour", "daily 02:30", "daily 03:30", "off", "on"],
    ["end within the skipped hour", "daily 01:30", "daily 02:30", "on", "off"],
    ["pause within the skipped hour only", "daily 02:50", "daily 02:10", "on", "on"],
  ] as const) {
    it(`that ${what}, from ${wake} to ${sleep}, are ${before} before the change and ${after} from there on`, () => {
      const change = Date.parse("2027-03-28T01:00Z");
      const power = (moment: number) => workingHoursAt({ ...berlin, wake, sleep }, moment).power;
      expect([power(change - 60_000), power(change)]).to.deep.equal([before, after]);
    });
  }

  it("are never on for more than an hour longer than planned, in any zone, whenever its clocks change", () => {
    const zones = [
      "Europe/Berlin",
      "America/New_York",
      "America/Santiago",
      "America/St_Johns",
      "Africa/Cairo",
      "Australia/Lord_Howe",
      "Pacific/Auckland",
    ];
    const changes = zones.flatMap((zone) => changesOf(zone).map((change) => ({ zone, change })));
    expect(changes).to.have.lengthOf(4 * zones.length);
    // Clocks change at night.
    const time = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 240 }) },
      fc.integer({ min: 0, max: 1439 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...changes), time, time, ({ zone, change }, wake, sleep) => {
        fc.pre(wake !== sleep);
        const daily = (minutes: number) => formatDaysAndTime({ days: [0, 1, 2, 3, 4, 5, 6], minutes });
        const hours = { wake: daily(wake), sleep: daily(sleep), zone, holidays: [] };
        const planned = ((sleep - wake + 1440) % 1440) * 60_000;
        for (let now = change - 2 * dayMs; now < change + 2 * dayMs;) {
          const { power, since, until } = workingHoursAt(hours, now);
          expect(until).to.be.above(now);
          if (power === "on") expect(until! - since).to.be.at.most(planned + 3_600_000);
          now = until!;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("last as long as the clocks show on both days of a change", () => {
    const daily = { ...berlin, wake: "daily 01:00", sleep: "daily 05:00" };
    for (const [day, hours] of [
      ["2026-03-29", 3],
      ["2026-03-30", 4],
      ["2026-10-25", 5],
    ] as const) {
      const { since, until } = workingHoursAt(daily, Date.parse(`${day}T00:30:00Z`));
      expect((until! - since) / 3_600_000, day).to.equal(hours);
    }
  });

  it("hold in every zone: at each edge the zone's clocks show the configured time", () => {
    const zone = fc.constantFrom(
      "UTC",
      "Asia/Kolkata",
      "America/New_York",
      "Pacific/Auckland",
      "Pacific/Kiritimati",
      "America/St_Johns",
    );
    const moment = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) });
    fc.assert(
      fc.property(zone, moment, (name, now) => {
        const { power, since, until } = workingHoursAt({ ...berlin, zone: name }, now);
        expect(since).to.be.at.most(now);
        expect(until).to.be.above(now);
        const clock = new Intl.DateTimeFormat("en-GB", {
          timeZone: name,
          hour: "2-digit",
          minute: "2-digit",
        });
        expect([clock.format(since), clock.format(until)]).to.deep.equal(
          power === "on" ? ["07:30", "19:00"] : ["19:00", "07:30"],
        );
      }),
      { numRuns: 30 },
    );
  });

  for (const [wake, sleep, expected] of [
    ["Mon-Fri 07:30", "Mon-Fri 19:00", 57.5],
    ["Mon 08:00", "Fri 18:00", 106],
    ["daily 00:00", "daily 23:00", 161],
    ["Fri 20:00", "Mon 06:00", 58],
  ] as const) {
    it(`from ${wake} to ${sleep} are ${expected} hours a week`, () => {
      expect(workingHoursPerWeek({ wake, sleep })).to.equal(expected);
    });
  }
});
