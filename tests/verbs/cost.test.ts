import { expect } from "chai";
import { logGroupName, machineName } from "../../contract/names.ts";
import { formatMeter, meterParameter } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import type { LedgerLine } from "../../contract/ledger.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import type { Estimate } from "../../cli/cost/estimate.ts";
import type { CostReport } from "../../cli/cost/report.ts";
import { startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

const hourMs = 3_600_000;

describe("longhaul cost", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  /** Now: a whole hour, at least six hours after midnight. */
  let now: number;
  beforeEach(async () => {
    clouds = await startClouds();
    const today = Math.ceil(clouds.clock.now() / (24 * hourMs)) * 24 * hourMs;
    now = today + 6 * hourMs;
    clouds.clock.advance(now - clouds.clock.now());
    machine = await clouds.launch();
    clouds.aws.account.logs[logGroupName("dev", "cloud")] = {};
  });
  afterEach(() => clouds.close());

  const ago = (hours: number) => new Date(now - hours * hourMs).toISOString();
  const day = (hours: number) => ago(hours).slice(8, 10);

  /** Writes lines of the machine into the ledger. */
  const write = (...lines: object[]) => {
    const name = machineName(machine.runner, machine.instanceId);
    const own = { v: 1, environment: "dev", fleet: "cloud", runner: machine.runner, machine: name };
    const stream = (clouds.aws.account.logs[logGroupName("dev", "cloud")]![name] ??= []);
    for (const line of lines) {
      const whole = { ...own, instanceType: "m5.xlarge", ...line } as LedgerLine;
      const timestamp = Date.parse(whole.kind ? whole.at : whole.endedAt);
      stream.push({ timestamp, ingestionTime: now, message: JSON.stringify(whole) });
    }
  };
  const job = (from: number, to: number, more: object = {}) => ({
    repository: "acme/app",
    workflow: "integration",
    runId: "4711",
    runAttempt: "1",
    job: "test",
    receivedAt: ago(from),
    startedAt: ago(from),
    endedAt: ago(to),
    result: "Succeeded",
    ...more,
  });
  const writeMeter = (more: Partial<MeterRecord> = {}) =>
    clouds.writeParameter(
      meterParameter("dev"),
      formatMeter({
        v: 1,
        month: ago(0).slice(0, 7),
        begun: ago(0),
        at: ago(0),
        days: { [day(0)]: [1.5, 0.2, 0.03] },
        fleets: { cloud: [1.5, 0.2, 0.03] },
        ...more,
      }),
    );
  const read = async (...args: string[]): Promise<CostReport> => {
    const { code, results, said } = await clouds.longhaul(["cost", "--json", ...args]);
    expect(code, said).to.equal(0);
    return JSON.parse(results[0]!) as CostReport;
  };

  it("reads the fleet's ledger, the meter, and which machine is idle now", async () => {
    write({ kind: "start", at: ago(4), bootSeconds: 360 }, job(3, 1));
    clouds.report(machine, "idle", { [tags.since]: ago(1) });
    await writeMeter();
    const { account, rows, jobMinutes, idleMinutes, bootMinutes } = await read("--since", "1d");
    expect({ jobMinutes, idleMinutes, bootMinutes }).to.deep.equal({
      jobMinutes: 120,
      idleMinutes: 120,
      bootMinutes: 6,
    });
    expect(account).to.include({ jobsUsd: 0.46, idleUsd: 0.46, bootUsd: 0.023, meterUsd: 1.73 });
    const { jobsUsd, idleUsd, bootUsd, unattributedUsd, meterUsd } = account!;
    expect(jobsUsd + idleUsd + bootUsd + unattributedUsd).to.be.closeTo(meterUsd, 1e-6);
    expect(rows.map(({ key, jobs }) => [key, jobs])).to.deep.equal([["acme/app integration", 1]]);
  });

  it("does not count a job that still runs as idle time", async () => {
    write(job(5, 4));
    clouds.report(machine, "busy", { [tags.since]: ago(3) });
    await writeMeter();
    expect((await read("--since", "1d")).idleMinutes).to.equal(60);
  });

  it("ignores other lines in the log group, and reads more than one page", async () => {
    write(...Array.from({ length: 10_001 }, (_, index) => job(5 - index / 10_000, 4.9999 - index / 10_000)));
    write({ kind: "eviction", at: ago(1) });
    clouds.aws.account.logs[logGroupName("dev", "cloud")]!.operator = [
      { timestamp: now - hourMs, ingestionTime: now, message: "not JSON" },
    ];
    await writeMeter();
    expect((await read("--since", "1d")).jobs).to.equal(10_001);
  });

  it("reports what it can without a meter and without a log group", async () => {
    Reflect.deleteProperty(clouds.aws.account.logs, logGroupName("dev", "cloud"));
    const { jobs, account, notes } = await read();
    expect({ jobs, account }).to.deep.equal({ jobs: 0, account: null });
    expect(notes[0]).to.include("There is no meter");
    await clouds.writeParameter(meterParameter("dev"), "{");
    expect((await read()).account).to.equal(null);
  });

  it("prints a table, and CSV with its notes on standard error", async () => {
    write(job(3, 1, { workflow: "=1+1" }));
    await writeMeter();
    const table = await clouds.longhaul(["cost", "--since", "month", "--forecast"]);
    expect(table.results[0]).to.include("WORKFLOW").and.include("the month ends at");
    const { results, said } = await clouds.longhaul(["cost", "--format", "csv", "--by", "job"]);
    expect(results[0]!.split("\n")[1]).to.include(",'=1+1,");
    expect(said).to.include("in GitHub's queue");
  });

  it("only reads from AWS", async () => {
    await writeMeter();
    const before = clouds.aws.calls().length;
    await read("--fleet", "cloud", "--since", "month");
    expect(
      clouds.aws
        .calls()
        .slice(before)
        .map(({ action }) => action)
        .sort(),
    ).to.deep.equal([
      "ec2:DescribeInstances",
      "logs:FilterLogEvents",
      "ssm:GetParameters",
      "sts:GetCallerIdentity",
    ]);
  });

  it("fails with the call's name if it may not read the ledger", async () => {
    clouds.aws.faults.add({ action: "logs:FilterLogEvents", error: "AccessDeniedException" });
    const { code, said } = await clouds.longhaul(["cost"]);
    expect(code).to.equal(1);
    expect(said).to.include("logs:FilterLogEvents failed");
  });

  it("estimates a month from the configuration alone, without any call", async () => {
    const before = clouds.aws.calls().length;
    const { code, results } = await clouds.longhaul(["cost", "--estimate", "--json"]);
    expect(code).to.equal(0);
    const { total, fleets } = JSON.parse(results[0]!) as Estimate;
    expect(fleets[0]).to.include({ fleet: "cloud", runners: 2, machineUsdPerHour: 0.23 });
    expect(total.asleepUsd).to.be.below(total.workingHoursUsd);
    expect(clouds.aws.calls()).to.have.length(before);
  });

  const refusals: [args: string[], why: string][] = [
    [["--since", "soon"], "--since does not understand"],
    [["--fleet", "gpu"], "There is no fleet gpu. The fleets are cloud."],
    [["--fleet", "cloud", "--forecast"], "--forecast is for the whole environment"],
    [["--by", "colour"], "Allowed choices are job, workflow, repository, runner, day"],
    [["--format", "xml"], "Allowed choices are table, json, csv"],
    [["--platform-charge", "lots"], "US dollars for a minute"],
    [["--estimate", "--format", "csv"], "--estimate prints a table or JSON, not CSV."],
  ];
  for (const [args, why] of refusals) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { code, said } = await clouds.longhaul(["cost", ...args]);
      expect(code).to.equal(2);
      expect(said).to.include(why);
    });
  }
});
