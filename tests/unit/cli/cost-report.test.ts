import { expect } from "chai";
import fc from "fast-check";
import { loadConfiguration } from "../../../config/load.ts";
import { UnknownPriceError } from "../../../config/prices.ts";
import type { LedgerLine } from "../../../contract/ledger.ts";
import type { Costs, MeterRecord } from "../../../contract/meter.ts";
import { costCsv, restRows } from "../../../cli/cost/csv.ts";
import { groupings } from "../../../cli/cost/grouping.ts";
import { costReport } from "../../../cli/cost/report.ts";
import type { CostQuestion, CostReport, CostSources } from "../../../cli/cost/report.ts";
import { costTable } from "../../../cli/cost/table.ts";
import { configuration, job, linesArbitrary, meter, morning, start, stop } from "./cost-lines.ts";

const now = Date.parse("2026-11-12T12:00:30.000Z");
const since = Date.parse("2026-11-10T00:00:00.000Z");
const question: CostQuestion = { since, by: "workflow", platformCharge: 0, forecast: false };

/** Both runners were made before the time of the report. */
const madeAt = new Map([
  ["dev-cloud-1", since - 1000],
  ["dev-cloud-2", since - 2000],
]);

function report(
  lines: LedgerLine[],
  record: MeterRecord | undefined,
  asked: Partial<CostQuestion> = {},
  more: Partial<CostSources> = {},
): CostReport {
  return costReport(
    { environment: "dev", configuration, lines, meter: record, madeAt, idleUntil: new Map(), now, ...more },
    { ...question, ...asked },
  );
}

/** A morning's work of one machine: 3 min boot, 60 min jobs, 30 min idle. */
const lines = [start(3, 3), job(8, 38), job(48, 78, { workflow: "nightly" }), stop(93)];
const worked = meter({ "10": [2, 0.5, 0.1] });

describe("where the money went", () => {
  it("is reported to the cent: jobs, idle, boot, and what no record explains", () => {
    const { account, jobs, jobMinutes, idleMinutes, bootMinutes, idleShare } = report(lines, worked);
    expect({ jobs, jobMinutes, idleMinutes, bootMinutes }).to.deep.equal({
      jobs: 2,
      jobMinutes: 60,
      idleMinutes: 30,
      bootMinutes: 3,
    });
    expect(idleShare).to.be.closeTo(30 / 93, 1e-12);
    expect(account!.jobsUsd).to.be.closeTo(1, 1e-9);
    expect(account!.idleUsd).to.be.closeTo(0.5, 1e-9);
    expect(account!.bootUsd).to.be.closeTo(0.05, 1e-9);
    expect(account!.unattributed.machinesUsd).to.be.closeTo(2 - 1.55, 1e-9);
    expect(account!.unattributedUsd).to.be.closeTo(2 - 1.55 + 0.6, 1e-9);
    expect(account).to.include({ beyondMeterUsd: 0 });
    expect(account!.meterUsd).to.be.closeTo(2.6, 1e-9);
  });

  const usd = fc.double({ min: 0, max: 60, noNaN: true });
  const costs: fc.Arbitrary<Costs> = fc.tuple(usd, usd, usd);
  const meters = fc.record({ "10": costs, "11": costs, "12": costs }).map((days) => meter(days));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

  it("always adds up: jobs + idle + boot + unattributed is the meter, and a note names what is beyond it", () => {
    const seen = { within: 0, beyond: 0 };
    fc.assert(
      fc.property(linesArbitrary, meters, (any, record) => {
        const { account, notes } = report(any, record);
        const { jobsUsd, idleUsd, bootUsd, unattributedUsd, meterUsd, beyondMeterUsd } = account!;
        for (const part of [jobsUsd, idleUsd, bootUsd, unattributedUsd, beyondMeterUsd]) {
          expect(part).to.be.at.least(0);
        }
        const parts = jobsUsd + idleUsd + bootUsd + unattributedUsd;
        expect(parts).to.be.closeTo(meterUsd + beyondMeterUsd, 1e-9);
        const isNoted = notes.some((note) => note.includes("more than the meter has counted"));
        expect(isNoted).to.equal(beyondMeterUsd > 1e-4);
        seen[isNoted ? "beyond" : "within"] += 1;
        // Otherwise the parts add up to the meter alone.
        if (!isNoted) expect(parts).to.be.closeTo(meterUsd, 1e-3);
      }),
      { numRuns: 200 },
    );
    expect(seen.within, "reports within the meter").to.be.above(20);
    expect(seen.beyond, "reports beyond the meter").to.be.above(20);
  });

  it("adds up to the same sum by jobs, workflows, repositories, runners and days", () => {
    fc.assert(
      fc.property(linesArbitrary, meters, fc.constantFrom(...groupings), (any, record, by) => {
        const asked = report(any, record, { by, platformCharge: 0.002 });
        const { rows, account, hostedUsd, platformUsd, jobMinutes, jobs } = asked;
        const rest = restRows(asked).map(([, left]) => left);
        expect(sum([...rows.map((row) => row.usd), ...rest])).to.be.closeTo(
          account!.meterUsd + account!.beyondMeterUsd,
          1e-6,
        );
        expect(sum(rows.map(({ minutes }) => minutes))).to.be.closeTo(jobMinutes, 1e-6);
        expect(sum(rows.map((row) => row.hostedUsd!))).to.be.closeTo(hostedUsd!, 1e-6);
        expect(sum(rows.map((row) => row.platformUsd))).to.be.closeTo(platformUsd, 1e-6);
        // A job that arrived before the requested time counts for none of its days.
        const counted = sum(rows.map((row) => row.jobs));
        expect(by === "day" ? counted <= jobs : counted === jobs).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });

  it("counts a machine that reports idle as idle, and time after the last line of a silent one as unattributed", () => {
    const silent = report([start(3, 3)], worked);
    expect(silent.idleMinutes).to.equal(0);
    const idleUntil = new Map([["dev-cloud-1-i-0a", morning + 63 * 60_000]]);
    expect(report([start(3, 3)], worked, {}, { idleUntil }).idleMinutes).to.equal(60);
  });

  it("does not count what happened after the meter was last written, or before the first day", () => {
    const late = meter({ "10": [2, 0, 0] }, { at: "2026-11-10T08:20:00.000Z" });
    const { jobMinutes, to } = report([job(-700, -690), job(8, 38)], late);
    expect({ jobMinutes, to }).to.deep.equal({ jobMinutes: 12, to: "2026-11-10T08:20:00.000Z" });
  });

  it("prices a fleet's earlier machines by their own instance type", () => {
    const before = report([job(0, 60, { instanceType: "m5.2xlarge" })], worked);
    expect(before.recorded.jobsUsd).to.be.closeTo(0.46, 1e-9);
  });

  it("counts the time of machines without a known price, and says so", () => {
    const { jobMinutes, recorded, notes } = report([job(0, 60, { instanceType: "x9.metal" })], worked);
    expect({ jobMinutes, usd: recorded.jobsUsd }).to.deep.equal({ jobMinutes: 60, usd: 0 });
    expect(notes.join()).to.include("The price of x9.metal is not known");
  });

  it("is an error if the price of a configured fleet is not known", () => {
    const known = loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1" },
      github: { repository: "acme/app" },
      fleets: { cloud: {} },
    });
    const unknown = {
      ...known,
      fleets: { cloud: { ...known.fleets.cloud!, instanceType: "x2idn.16xlarge" } },
    };
    expect(() => report([], worked, {}, { configuration: unknown })).to.throw(UnknownPriceError);
  });
});

describe("the meter in a report", () => {
  const october = { previous: { month: "2026-10", days: { "30": [1, 0, 0], "31": [2, 0, 0] } as const } };
  it("covers the month before, too", () => {
    const all = report([], meter({ "01": [4, 0, 0] }, october), {
      since: Date.parse("2026-10-31T17:00:00Z"),
    });
    expect(all.account!.meterUsd).to.equal(6);
    expect(all.from).to.equal("2026-10-31T00:00:00.000Z");
    expect(all.meterByDay).to.deep.equal({ "2026-10-31": 2, "2026-11-01": 4 });
  });

  it("covers nothing earlier, and the report says so", () => {
    const { from, notes } = report([], meter({ "01": [4, 0, 0] }, october), {
      since: Date.parse("2026-09-15T00:00:00Z"),
    });
    expect(from).to.equal("2026-10-30T00:00:00.000Z");
    expect(notes.join()).to.include("has nothing before 2026-10-30");
  });

  it("has a single fleet's costs for the present month only", () => {
    const record = meter({ "10": [3, 1, 0.2] }, { fleets: { cloud: [2, 0.6, 0.1] } });
    const month = report(lines, record, { fleet: "cloud", since: Date.parse("2026-11-01T00:00:00Z") });
    expect(month.account!.meterUsd).to.be.closeTo(2.7, 1e-9);
    const longer = report(lines, record, { fleet: "cloud", since: Date.parse("2026-10-20T00:00:00Z") });
    expect(longer.account).to.equal(null);
    expect(longer.notes.join()).to.include("--since month (or 2026-11-01)");
    expect(longer.recorded.jobsUsd).to.be.closeTo(1, 1e-9);
    const shorter = report(lines, record, { fleet: "cloud", since: Date.parse("2026-11-11T00:00:00Z") });
    expect(shorter.account).to.equal(null);
  });

  it("is missing without a controller: the report then has only recorded time, and says so", () => {
    const { account, savedBySleepingUsd, recorded, notes } = report(lines, undefined);
    expect({ account, savedBySleepingUsd }).to.deep.equal({ account: null, savedBySleepingUsd: null });
    expect(recorded.jobsUsd).to.be.closeTo(1, 1e-9);
    expect(notes[0]).to.include("There is no meter");
  });

  it("has nothing about a time after it was last written", () => {
    const old = meter({ "12": [1, 0, 0] });
    const { account, notes } = report(lines, old, { since: Date.parse(old.at) });
    expect(account).to.equal(null);
    expect(notes.join()).to.include(`has nothing about this time: it was last written at ${old.at}`);
  });

  it("may be old, and the report says so", () => {
    const { notes } = report(lines, meter({ "10": [2, 0, 0] }, { at: "2026-11-12T11:00:00.000Z" }));
    expect(notes.join()).to.include("was last written at 2026-11-12T11:00:00.000Z");
    expect(report(lines, worked).notes.join()).to.not.include("last written");
  });
});

describe("the alternatives in a report", () => {
  it("price each job on GitHub's runners by begun minutes, cores and architecture", () => {
    const seconds = (count: number) => ({ endedAt: new Date(morning + count * 1000).toISOString() });
    expect(report([job(0, 0, seconds(61))], worked).hostedUsd).to.be.closeTo(2 * 0.012, 1e-12);
    const arm = job(0, 0, { ...seconds(61), instanceType: "m7g.2xlarge" });
    expect(report([arm], worked).hostedUsd).to.be.closeTo(2 * 0.014, 1e-12);
  });

  it("price a job that never started at nothing there, and have no price for a machine of unknown size", () => {
    expect(report([job(0, 60, { startedAt: null })], worked).hostedUsd).to.equal(0);
    const { hostedUsd, notes } = report([job(0, 60, { instanceType: "m5.metal" })], worked);
    expect(hostedUsd).to.equal(null);
    expect(notes.join()).to.include("there is no comparison");
  });

  it("count the jobs that GitHub would have ended after six hours", () => {
    expect(report([job(0, 361), job(400, 700)], worked).tooLongForHosted).to.equal(1);
  });

  it("price every runner, always awake and with its address, for the meter's whole span", () => {
    const { alwaysAwakeUsd, savedBySleepingUsd } = report(lines, worked);
    const hours = 60; // From the 10th to noon of the 12th.
    expect(alwaysAwakeUsd).to.be.closeTo(2 * 1.005 * hours, 1e-9);
    expect(savedBySleepingUsd).to.be.closeTo(2 * 1.005 * hours - 2.1, 1e-9);
  });

  const hourMs = 3_600_000;
  const end = Date.parse(worked.at);
  const sources: [what: string, own: LedgerLine[], made: [string, number][], hours: number][] = [
    [
      "from the beginning of a young environment",
      [],
      [
        ["dev-cloud-1", end - hourMs],
        ["dev-cloud-2", end - hourMs],
      ],
      2,
    ],
    [
      "from when each was made",
      [],
      [
        ["dev-cloud-1", end - 9 * hourMs],
        ["dev-cloud-2", end - hourMs],
      ],
      10,
    ],
    [
      "from a line of the ledger, if the first machine is gone",
      [start(3, 3)],
      [["dev-cloud-1", end - hourMs]],
      52,
    ],
    ["not at all if neither EC2 nor the ledger has it", [], [["dev-cloud-9", 0]], 0],
  ];
  for (const [what, own, made, expected] of sources) {
    it(`price a runner that is always awake ${what}`, () => {
      const { alwaysAwakeUsd } = report(own, worked, {}, { madeAt: new Map(made) });
      expect(alwaysAwakeUsd).to.be.closeTo(1.005 * expected, 1e-9);
    });
  }

  it("show no saving for a young environment that has never slept", () => {
    // An hour and a half, on a day that is half over: two machines with their addresses.
    const began = Date.parse("2026-11-12T10:30:00.000Z");
    const young = meter({ "12": [3, 0.1, 0.015] });
    const { savedBySleepingUsd, alwaysAwakeUsd } = report(
      [],
      young,
      {},
      {
        madeAt: new Map([...madeAt.keys()].map((runner) => [runner, began])),
      },
    );
    expect(alwaysAwakeUsd).to.be.closeTo(3.015, 1e-9);
    expect(savedBySleepingUsd).to.be.closeTo(0, 1e-9);
  });

  it("show no saving, and no negative one, if more machines ran than there are runners", () => {
    expect(report(lines, meter({ "10": [500, 0, 0] })).savedBySleepingUsd).to.equal(0);
  });

  it("show GitHub's charge for self-hosted runners beside the meter, and not in it", () => {
    const { platformUsd, account, rows } = report(lines, worked, { platformCharge: 0.002 });
    expect(platformUsd).to.be.closeTo(60 * 0.002, 1e-12);
    expect(rows[0]!.platformUsd).to.be.closeTo(30 * 0.002, 1e-12);
    expect(account!.meterUsd).to.be.closeTo(2.6, 1e-9);
    expect(report(lines, worked).platformUsd).to.equal(0);
  });
});

describe("the rows of a report", () => {
  const keys = (by: CostQuestion["by"], any: LedgerLine[] = lines) =>
    report(any, worked, { by }).rows.map(({ key }) => key);

  it("are grouped as requested, the most expensive first, but days in their order", () => {
    const longer = [
      ...lines,
      job(100, 200, { workflow: "nightly", runner: "dev-cloud-2", machine: "dev-cloud-2-i-0b" }),
    ];
    expect(keys("workflow", longer)).to.deep.equal(["acme/app nightly", "acme/app integration"]);
    expect(keys("repository", longer)).to.deep.equal(["acme/app"]);
    expect(keys("runner", longer)).to.deep.equal(["dev-cloud-2", "dev-cloud-1"]);
    expect(keys("day", [job(24 * 60, 24 * 60 + 100), job(0, 10)])).to.deep.equal([
      "2026-11-10",
      "2026-11-11",
    ]);
    expect(keys("job")[0]).to.include("acme/app").and.include("run 4711, dev-cloud-1-i-0a 2026-11-10T08:");
  });

  it("give each day its part of a job that runs over midnight, and count it once", () => {
    const { rows } = report([job(15 * 60, 17 * 60)], worked, { by: "day" });
    expect(rows.map(({ key, jobs, minutes, usd }) => ({ key, jobs, minutes, usd }))).to.deep.equal([
      { key: "2026-11-10", jobs: 1, minutes: 60, usd: 1 },
      { key: "2026-11-11", jobs: 0, minutes: 60, usd: 1 },
    ]);
  });

  it("contain the job itself in a report by job, with its runs apart", () => {
    const again = [job(0, 10), job(20, 30, { runAttempt: "2" })];
    const { rows } = report(again, worked, { by: "job" });
    expect(rows).to.have.length(2);
    expect(rows.map((row) => row.job!.runAttempt).sort()).to.deep.equal(["1", "2"]);
  });

  it("accept jobs without names", () => {
    const nameless = { repository: null, workflow: null, runId: null, job: null };
    expect(keys("workflow", [job(0, 10, nameless)])).to.deep.equal(["(unknown) (unknown)"]);
  });

  it("show how long jobs that have started waited at their machine", () => {
    const waits = report([job(0, 10), job(20, 30, { startedAt: null })], worked).rows;
    expect(waits[0]!.pickupSeconds).to.equal(2);
    expect(report([job(20, 30, { startedAt: null })], worked).rows[0]!.pickupSeconds).to.equal(null);
  });
});

describe("a report for people", () => {
  it("is a table, an account that adds up, and the alternatives", () => {
    const text = costTable(report(lines, worked, { forecast: true }));
    expect(text.split("\n")).to.deep.equal([
      "dev: 2026-11-10 00:00 UTC to 2026-11-12 12:00 UTC, US dollars without tax",
      "",
      "WORKFLOW              JOBS  MINUTES  WAITING  JOBS USD  HOSTED USD",
      "acme/app integration     1       30      2 s      0.50        0.36",
      "acme/app nightly         1       30      2 s      0.50        0.36",
      "",
      "jobs          1.00  2 jobs, 60 min",
      "idle          0.50  30 min, 32 % of the recorded time",
      "boot          0.05  3 min",
      "unattributed  1.05  disks 0.50, addresses 0.10, machines without records 0.45",
      "meter         2.60  the whole cost",
      "",
      "The same jobs on GitHub's runners with as many cores: 0.72 USD, without included minutes.",
      "Always awake, the machines would have cost 120.60 USD. Sleeping saved 118.50 USD.",
      "2026-11 has cost 2.60 USD so far. At this pace (that of 1 day(s): 0.00 USD a day) the month ends at 2.60 USD.",
      "WAITING is the time from a job's arrival at its machine to its start. The ledger does not record how long the job was in GitHub's queue before.",
    ]);
  });

  it("shows idle and boot costs of runners, and the meter's total of days", () => {
    expect(costTable(report(lines, worked, { by: "runner" }))).to.include("IDLE USD  BOOT USD");
    expect(costTable(report(lines, worked, { by: "day" }))).to.match(
      /METER USD[^\n]*\n2026-11-10[^\n]* 2\.60 /,
    );
  });

  it("prints no control character of a workflow's name", () => {
    const text = costTable(report([job(0, 10, { workflow: "nice\u001b[2J" })], worked));
    expect(text).to.include("nice [2J");
    expect(text).to.not.include("\u001b");
  });

  it("says when there are no rows, and when rows are left out", () => {
    expect(costTable(report([], worked))).to.include("No machine has written anything into the ledger");
    const many = Array.from({ length: 60 }, (_, index) => job(index, index + 1, { workflow: `w${index}` }));
    expect(costTable(report(many, worked))).to.include("… and 10 more: --format csv has all of them");
  });
});

describe("a report as CSV", () => {
  it("adds up to the meter in its column usd", () => {
    expect(costCsv(report(lines, worked)).split("\n")).to.deep.equal([
      "workflow,jobs,minutes,pickup_seconds,jobs_usd,idle_usd,boot_usd,usd,hosted_usd,platform_usd",
      "acme/app integration,1,30,2,0.5,0,0,0.5,0.36,0",
      "acme/app nightly,1,30,2,0.5,0,0,0.5,0.36,0",
      "(idle),,,,,,,0.5,,",
      "(boot),,,,,,,0.05,,",
      "(unattributed),,,,,,,1.05,,",
    ]);
  });

  it("has as many cells in each row as in the first, for every grouping", () => {
    for (const by of groupings) {
      const [header, ...rows] = costCsv(report(lines, worked, { by })).split("\n");
      const cells = (line: string) => line.split(",").length;
      for (const row of rows.filter((line) => !line.includes('"')))
        expect(cells(row), by).to.equal(cells(header!));
    }
  });
});
