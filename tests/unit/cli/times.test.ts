import { formatMoment } from "../../../contract/moment.ts";
import { expect } from "chai";
import fc from "fast-check";
import { parseSince } from "../../../cli/cost/since.ts";
import { BadUsage } from "../../../cli/exit-codes.ts";
import { parseUntil } from "../../../cli/operator/until.ts";
import { checkSelection } from "../../../cli/rotate/choose-runners.ts";
import { formatAge } from "../../../cli/times/age.ts";
import { parseMoment } from "../../../cli/times/moment.ts";
import { parseSpan } from "../../../cli/times/span.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe("a span of time on the command line", () => {
  for (const [text, span] of [
    ["90m", 90 * minute],
    ["36h", 36 * hour],
    ["3d", 3 * day],
    ["2w", 14 * day],
    ["1d12h", 36 * hour],
    ["1w2d3h4m", 9 * day + 3 * hour + 4 * minute],
    ["0h5m", 5 * minute],
  ] as const) {
    it(`takes ${text}`, () => {
      expect(parseSpan(text)).to.equal(span);
    });
  }

  for (const text of [
    "",
    "2",
    "-2h",
    "1.5d",
    "14 d",
    "2h3d",
    "1d1d",
    "0m",
    "0w0d",
    "3 days",
    "1M",
    "2H",
    "123456d",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseSpan(text)).to.equal(undefined);
    });
  }

  it("is the sum of its units", () => {
    const counts = fc.record(
      { w: fc.nat(200), d: fc.nat(999), h: fc.nat(99_999), m: fc.nat(99_999) },
      { requiredKeys: [] },
    );
    const format = (units: Record<string, number | undefined>) =>
      ["w", "d", "h", "m"].map((unit) => (units[unit] === undefined ? "" : `${units[unit]}${unit}`)).join("");
    fc.assert(
      fc.property(counts, ({ w, d, h, m }) => {
        const span = (w ?? 0) * 7 * day + (d ?? 0) * day + (h ?? 0) * hour + (m ?? 0) * minute;
        expect(parseSpan(format({ w, d, h, m }))).to.equal(span === 0 ? undefined : span);
      }),
    );
  });

  const now = Date.parse("2026-11-12T12:00:00Z");
  /** The milliseconds that each option with a span reads from a text. */
  const options: Record<string, (text: string) => number> = {
    "--until": (text) => Date.parse(parseUntil(text, now)) - now,
    "--since": (text) => now - parseSince(text, now),
    "--older-than": (text) => {
      checkSelection({ olderThan: text });
      return parseSpan(text)!;
    },
  };
  for (const [option, read] of Object.entries(options)) {
    for (const [text, span] of [
      ["2w", 14 * day],
      ["36h", 36 * hour],
      ["90m", 90 * minute],
      ["1d12h", 36 * hour],
    ] as const) {
      it(`is accepted by ${option}: ${text}`, () => {
        expect(read(text)).to.equal(span);
      });
    }

    it(`is refused by ${option} in the same words`, () => {
      const words = `${option} does not understand "soon": it takes a span of time (90m, 36h, 3d, 2w, 1d12h)`;
      expect(() => read("soon")).to.throw(BadUsage, words);
    });
  }
});

describe("a moment on the command line", () => {
  const { TZ } = process.env;
  before(() => {
    process.env.TZ = "Europe/Berlin";
  });
  after(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });

  /** 13:00 in Berlin, two days before its clocks go forward. */
  const now = Date.parse("2026-03-27T12:00:00Z");
  const until = { name: "--until", direction: "ahead", zone: "local" } as const;
  const since = {
    name: "--since",
    direction: "back",
    zone: "UTC",
    words: { month: Date.parse("2026-03-01") },
  } as const;
  for (const [text, ahead, back] of [
    ["1d12h", "2026-03-29 00:00 UTC", "2026-03-26 00:00 UTC"],
    ["18:30", "2026-03-27 17:30 UTC", "2026-03-26 18:30 UTC"],
    ["12:00", "2026-03-28 11:00 UTC", "2026-03-27 12:00 UTC"],
    ["13:00", "2026-03-28 12:00 UTC", "2026-03-26 13:00 UTC"],
    ["2026-03-30", "2026-03-29 22:00 UTC", "2026-03-30 00:00 UTC"],
    ["2026-03-30T18:00", "2026-03-30 16:00 UTC", "2026-03-30 18:00 UTC"],
    ["2026-03-30T18:00Z", "2026-03-30 18:00 UTC", "2026-03-30 18:00 UTC"],
    ["2026-03-30T18:00-05:00", "2026-03-30 23:00 UTC", "2026-03-30 23:00 UTC"],
  ] as const) {
    it(`is ${ahead} ahead and ${back} back for ${text} at noon UTC, in Berlin`, () => {
      expect(formatMoment(parseMoment(until, text, now))).to.equal(ahead);
      expect(formatMoment(parseMoment(since, text, now))).to.equal(back);
    });
  }

  it("is refused with the forms that the option takes, and with the default zone", () => {
    const forms = "a time (2026-03-01T18:00, 2026-03-01T18:00Z), a day (2026-03-01)";
    expect(() => parseMoment(until, "2026-02-30", now)).to.throw(
      BadUsage,
      `${forms} or a time of the day (18:30), in this computer's time where no zone is named.`,
    );
    expect(() => parseMoment(since, "2026-02-30", now)).to.throw(
      BadUsage,
      `${forms}, a time of the day (18:30) or month, in UTC where no zone is named.`,
    );
    expect(() => parseMoment(until, "month", now)).to.throw(BadUsage, 'does not understand "month"');
  });

  it("is the same after it was printed and parsed", () => {
    const minutes = fc.integer({ min: 0, max: 60_000_000 }).map((count) => count * minute);
    fc.assert(
      fc.property(minutes, (at) => {
        const printed = formatMoment(at).replace(" UTC", "Z").replace(" ", "T");
        expect(parseMoment(until, printed, now)).to.equal(at);
      }),
    );
  });
});

describe("an age for people", () => {
  for (const [age, text] of [
    [-5, "0 s"],
    [59_999, "59 s"],
    [minute, "1 min"],
    [hour - 1, "59 min"],
    [hour, "1 h"],
    [47 * hour, "47 h"],
    [48 * hour, "2 d"],
    [15.9 * day, "15 d"],
  ] as const) {
    it(`of ${age} ms is ${text}`, () => {
      expect(formatAge(age)).to.equal(text);
    });
  }
});
