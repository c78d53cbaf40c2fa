import { expect } from "chai";
import fc from "fast-check";
import { loadConfiguration } from "../../../config/load.ts";
import { UnknownPriceError } from "../../../config/prices.ts";
import type { Costs, MeterRecord } from "../../../contract/meter.ts";
import { csvCell } from "../../../cli/cost/csv.ts";
import { estimateOf } from "../../../cli/cost/estimate.ts";
import { forecastOf as forecastFrom } from "../../../cli/cost/forecast.ts";
import { billedMinutes, hostedMinutePrice } from "../../../cli/cost/hosted.ts";
import { parseSince } from "../../../cli/cost/since.ts";
import { estimateTable } from "../../../cli/cost/table.ts";
import { BadUsage } from "../../../cli/exit-codes.ts";
import { csvFields } from "../../../scripts/prices/csv-line.ts";
import { configuration, meter } from "./cost-lines.ts";

const days = (from: number, to: number, usd: number): Record<string, Costs> =>
  Object.fromEntries(
    Array.from({ length: to - from + 1 }, (_, index) => [
      String(from + index).padStart(2, "0"),
      [usd, 0, 0] satisfies Costs,
    ]),
  );

/** The forecast of an environment that is older than its meter. */
const forecastOf = (record: MeterRecord) => forecastFrom(record, 0);

describe("the forecast of a month", () => {
  it("is what was spent, and for each remaining day the mean of the last seven whole days", () => {
    // The 1st to 4th cost more; the 12th is only half over.
    const spent = { ...days(1, 4, 100), ...days(5, 11, 10), "12": [5, 0, 0] satisfies Costs };
    const forecast = forecastOf(meter(spent));
    expect(forecast).to.deep.include({ month: "2026-11", spentUsd: 475, perDayUsd: 10, days: 7 });
    expect(forecast.monthEndUsd).to.be.closeTo(475 + 10 * 18.5, 1e-9);
  });

  it("uses days of the month before when this month is young", () => {
    const record = meter(
      { "01": [9, 0, 0] },
      {
        at: "2026-11-01T12:00:00.000Z",
        previous: { month: "2026-10", days: days(20, 31, 7) },
      },
    );
    expect(forecastOf(record)).to.deep.include({ spentUsd: 9, perDayUsd: 7, days: 7 });
  });

  it("leaves out the day on which the environment was made", () => {
    expect(forecastOf(meter({ "10": [1, 0, 0], "11": [6, 0, 0] }))).to.deep.include({
      perDayUsd: 6,
      days: 1,
    });
  });

  it("uses the first hours if there is no whole day", () => {
    const forecast = forecastOf(meter({ "12": [6, 0, 0] }));
    expect(forecast).to.deep.include({ perDayUsd: 12, days: 0.5 });
    expect(forecast.monthEndUsd).to.be.closeTo(6 + 12 * 18.5, 1e-9);
    // The meter was last written at noon.
    const since = (time: string) =>
      forecastFrom(meter({ "12": [6, 0, 0] }), Date.parse(`2026-11-${time}:00Z`));
    expect(since("12T06:00")).to.deep.include({ perDayUsd: 24, days: 0.25 });
    expect(since("09T06:00"), "nothing before is metered").to.deep.include({ perDayUsd: 12, days: 0.5 });
    expect(since("12T11:59"), "at least an hour").to.deep.include({ days: 1 / 24 });
  });

  it("counts a day that is missing in the meter as one without costs", () => {
    const forecast = forecastOf(meter({ "01": [1, 0, 0], "11": [14, 0, 0] }));
    expect(forecast).to.deep.include({ perDayUsd: 2, days: 7 });
  });

  it("is never less than what was spent", () => {
    const usd = fc.double({ min: 0, max: 500, noNaN: true });
    const month = fc.dictionary(fc.constantFrom("01", "05", "09", "11", "12"), fc.tuple(usd, usd, usd));
    fc.assert(
      fc.property(month, (any) => {
        const { spentUsd, monthEndUsd } = forecastOf(meter(any));
        expect(monthEndUsd).to.be.at.least(spentUsd);
      }),
    );
  });
});

describe("the estimate of a month from a configuration", () => {
  it("counts the disks always, and machines and addresses when they are awake", () => {
    const { fleets, total } = estimateOf("dev", configuration);
    const disk = 100 * 0.0952;
    expect(total.asleepUsd).to.be.closeTo(2 * disk, 1e-9);
    expect(total.workingHoursUsd).to.be.closeTo(2 * (disk + (1.005 * 57.5 * 365) / 84), 1e-9);
    expect(total.alwaysAwakeUsd).to.be.closeTo(2 * (disk + 1.005 * 730), 1e-9);
    expect(fleets).to.have.length(1);
  });

  it("uses the working hours of a fleet", () => {
    const hours = { wake: "daily 08:00", sleep: "daily 20:00", zone: "UTC", holidays: [] };
    const byDay = {
      ...configuration.fleets.cloud!,
      autoShutdown: { ...configuration.fleets.cloud!.autoShutdown, workingHours: hours },
    };
    const { fleets } = estimateOf("dev", { ...configuration, fleets: { cloud: byDay } });
    expect(fleets[0]!.awakeHours).to.be.closeTo(365, 1e-9);
  });

  it("is an error if a price is not known", () => {
    const known = loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1" },
      github: { repository: "acme/app" },
      fleets: { cloud: {} },
    });
    const unknown = { ...known, fleets: { cloud: { ...known.fleets.cloud!, instanceType: "m5.metal" } } };
    expect(() => estimateOf("dev", unknown)).to.throw(UnknownPriceError, "priceUsdPerHour");
  });

  it("is a table for people, with notes about what it does not cover", () => {
    expect(estimateTable(estimateOf("dev", configuration)).split("\n").slice(0, 4)).to.deep.equal([
      "dev in eu-central-1, an average month, US dollars without tax",
      "",
      "FLEET  RUNNERS        USD/H  WORKING H  ASLEEP  WORKING HOURS  ALWAYS AWAKE",
      "cloud  2 × m5.xlarge      1        250   19.04         521.24       1486.34",
    ]);
    expect(estimateTable(estimateOf("dev", configuration))).to.include("does not cover data that leaves AWS");
  });
});

describe("the price of a minute on GitHub's runners", () => {
  const rows: [type: string, architecture: "x64" | "arm64", usd: number | undefined][] = [
    ["m5.large", "x64", 0.006],
    ["m5.xlarge", "x64", 0.012],
    ["c7i.2xlarge", "x64", 0.022],
    ["m5.4xlarge", "x64", 0.042],
    ["c5.9xlarge", "x64", 0.162], // 36 cores: the next larger runner has 64.
    ["c5.24xlarge", "x64", 0.252],
    ["m7a.medium", "x64", 0.006],
    ["t3.micro", "x64", 0.006],
    ["m7g.large", "arm64", 0.005],
    ["m7g.xlarge", "arm64", 0.008],
    ["c7g.2xlarge", "arm64", 0.014],
    ["c7g.16xlarge", "arm64", 0.098],
    ["c8g.24xlarge", "arm64", undefined],
    ["m5.metal", "x64", undefined],
  ];
  for (const [type, architecture, usd] of rows) {
    it(`is ${usd ?? "not known"} for as many cores as ${type} has`, () => {
      expect(hostedMinutePrice(type, architecture)).to.equal(usd);
    });
  }

  it("counts minutes that have begun as whole minutes", () => {
    expect([0, 1, 60_000, 60_001].map(billedMinutes)).to.deep.equal([0, 1, 1, 2]);
  });
});

describe("--since", () => {
  const now = Date.parse("2026-11-12T12:00:00Z");
  for (const [text, moment] of [
    ["30d", "2026-10-13T12:00:00.000Z"],
    ["2w", "2026-10-29T12:00:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["month", "2026-11-01T00:00:00.000Z"],
    ["400d", "2025-10-08T12:00:00.000Z"],
  ] as const) {
    it(`takes ${text}`, () => {
      expect(new Date(parseSince(text, now)).toISOString()).to.equal(moment);
    });
  }
  for (const [text, why] of [
    ["0d", "does not understand"],
    ["yesterday", "does not understand"],
    ["2026-02-30", "does not understand"],
    ["2026-13-01", "does not understand"],
    ["-3d", "does not understand"],
    ["2026-11-13", "is in the future"],
    ["401d", "is more than 400 days ago"],
  ] as const) {
    it(`refuses ${text}`, () => {
      expect(() => parseSince(text, now)).to.throw(BadUsage, why);
    });
  }
});

describe("a cell of CSV", () => {
  for (const [text, cell] of [
    ["plain", "plain"],
    ["", ""],
    ["a,b", '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ["two\nlines", '"two\nlines"'],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    [" =1+1", "' =1+1"],
    ["\t=1", "'\t=1"],
    ["\tplain", "'\tplain"],
    ['=cmd|"/c calc"!A1', '"\'=cmd|""/c calc""!A1"'],
  ] as const) {
    it(`shows ${JSON.stringify(text)} as text and nothing else`, () => {
      expect(csvCell(text)).to.equal(cell);
    });
  }

  it("leaves figures and nothing as they are", () => {
    expect([csvCell(-1.5), csvCell(0), csvCell(null)]).to.deep.equal(["-1.5", "0", ""]);
  });

  it("never begins like a formula, and reads as what it was but for the apostrophe", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."=+-@ \t,\"'ab".split("")) }), (text) => {
        const [read, ...more] = csvFields(csvCell(text));
        expect(more).to.deep.equal([]);
        expect(read).to.not.match(/^\s*[=+\-@]/);
        expect([text, `'${text}`]).to.include(read);
      }),
    );
  });
});
