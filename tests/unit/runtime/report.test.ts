import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { LedgerRecord, StartRecord } from "../../../contract/ledger.ts";
import { parseLedgerLine } from "../../../contract/ledger.ts";
import { machineMetricNamespace, machineMetrics } from "../../../contract/metrics.ts";
import { tagsOfTheMachine } from "../../../contract/tags.ts";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import { machineLedger } from "../../../runtime/agent/ledger.ts";
import { measure, publishMetrics } from "../../../runtime/agent/metrics.ts";
import { stateTags } from "../../../runtime/agent/state-tags.ts";
import { AwsError } from "../../../runtime/aws/error.ts";
import { configuration, fakeAws, fakeClock, put, temporaryFolder, until } from "./fixture.ts";

const idle = { state: "idle", job: "", detail: "" } as const;

describe("the machine's tags", () => {
  function tagger(answer?: () => unknown) {
    const { aws, calls } = fakeAws(answer);
    const clock = fakeClock();
    const lines: string[] = [];
    return { tags: stateTags("i-1", aws, clock, (line) => lines.push(line)), calls, clock, lines };
  }
  const sentBy = (input: Record<string, unknown>) =>
    Object.fromEntries((input.Tag as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));

  it("carry exactly the keys that the machine's role permits, on its own instance", async () => {
    const { tags, calls } = tagger();
    await tags.reportNow({ ...idle, detail: "x".repeat(300), version: "2.338.0" });
    expect(calls[0]).to.deep.include({ action: "ec2:CreateTags" });
    expect(calls[0]!.input.ResourceId).to.deep.equal(["i-1"]);
    const sent = sentBy(calls[0]!.input);
    expect(Object.keys(sent)).to.have.members([...tagsOfTheMachine]);
    expect(sent["longhaul:detail"]).to.have.length(256);
  });

  it("are sent when something has changed, and not otherwise", async () => {
    const { tags, calls } = tagger();
    for (const report of [
      idle,
      idle,
      { ...idle, state: "busy" } as const,
      { ...idle, state: "busy" } as const,
    ]) {
      tags.report(report);
      await new Promise(setImmediate);
    }
    expect(calls.map(({ input }) => sentBy(input)["longhaul:state"])).to.deep.equal(["idle", "busy"]);
  });

  it("tell since when the state holds, whatever else changes", async () => {
    const { tags, calls, clock } = tagger();
    await tags.reportNow({ ...idle, state: "busy" });
    clock.advance(60_000);
    await tags.reportNow({ ...idle, state: "busy", job: "acme/app/actions/runs/1" });
    await tags.reportNow(idle);
    expect(calls.map(({ input }) => sentBy(input)["longhaul:since"])).to.deep.equal([
      "2026-05-01T10:00:00.000Z",
      "2026-05-01T10:00:00.000Z",
      "2026-05-01T10:01:00.000Z",
    ]);
  });

  it("that could not be sent are tried again, not at once", async () => {
    let fails = true;
    const { tags, calls, clock, lines } = tagger(() => {
      if (fails) throw new Error("throttled");
      return undefined;
    });
    const look = async () => {
      tags.report(idle);
      await new Promise(setImmediate);
    };
    await look();
    await look();
    expect(calls).to.have.length(1);
    expect(lines).to.deep.equal(["The state idle could not be reported: throttled"]);
    fails = false;
    clock.advance(15_000);
    await look();
    await look();
    expect(calls).to.have.length(2);
  });
});

describe("the machine's metrics", () => {
  it("are the ones of the contract and the incidents, with the runner's dimensions", async () => {
    const { aws, calls } = fakeAws();
    const values = { busy: 1, listening: 1, jobOverdue: 0, memoryUsed: 41.239, diskUsed: 7, load: 0.5 };
    await publishMetrics(configuration, values, { PollErrors: 3 }, aws);
    const { Namespace, MetricData } = calls[0]!.input as { Namespace: string; MetricData: object[] };
    expect(Namespace).to.equal(machineMetricNamespace);
    expect(MetricData).to.have.length(Object.keys(machineMetrics).length + 1);
    expect(MetricData.at(-1)).to.deep.include({ MetricName: "PollErrors", Unit: "Count", Value: 3 });
    expect(MetricData).to.deep.include({
      MetricName: "MemoryUsed",
      Unit: "Percent",
      Value: 41.24,
      Dimensions: [
        { Name: "Environment", Value: "dev" },
        { Name: "Fleet", Value: "cloud" },
        { Name: "Runner", Value: "dev-cloud-1" },
      ],
    });
  });

  it("measure what jobs have left", async () => {
    const folder = temporaryFolder();
    put(`${folder.path}/meminfo`, "MemTotal:       1000 kB\nMemFree:  100 kB\nMemAvailable:    250 kB\n");
    put(`${folder.path}/loadavg`, "0.75 0.50 0.25 1/100 4711\n");
    const { memoryUsed, load, diskUsed } = await measure(folder.path, "/");
    expect({ memoryUsed, load }).to.deep.equal({ memoryUsed: 75, load: 0.75 });
    expect(diskUsed).to.be.within(0, 100);
    folder.remove();
  });
});

describe("the ledger", () => {
  const folder = temporaryFolder();
  after(folder.remove);
  const job = (minute: number) => ({
    receivedAt: `2026-05-01T10:${minute}:00.000Z`,
    startedAt: `2026-05-01T10:${minute}:02Z`,
    endedAt: `2026-05-01T10:${minute}:30Z`,
    result: "Succeeded",
  });

  function ledger(mark: string, answer?: (action: string) => unknown) {
    const { aws, calls } = fakeAws(answer);
    const clock = fakeClock();
    const bootMark = `${folder.path}/${mark}-boot`;
    const books = machineLedger({
      configuration,
      machine: "dev-cloud-1-i-1",
      mark: `${folder.path}/${mark}`,
      bootMark,
      clock,
      aws,
    });
    const written = () =>
      calls
        .filter(({ action }) => action === "logs:PutLogEvents")
        .flatMap(({ input }) => input.logEvents as { message: string }[])
        .map(({ message }) => JSON.parse(message) as LedgerRecord);
    return { books, calls, written, clock, bootMark };
  }

  it("says of a job that it was ended for running too long", async () => {
    const { books, written } = ledger("overdue");
    books.add({ ...job(10), overdue: true }, unknownFacts);
    books.add(job(20), unknownFacts);
    await books.flush();
    expect(written().map(({ overdue }) => overdue)).to.deep.equal([true, undefined]);
  });

  it("has one record for a job, in the fleet's log group and the machine's stream", async () => {
    const { books, calls, written } = ledger("one");
    const facts = { ...unknownFacts, repository: "acme/app", runId: "4711" };
    expect(books.add(job(10), facts)).to.equal(true);
    expect(books.add(job(10), facts)).to.equal(false);
    await books.flush();
    await books.flush();
    expect(calls[0]!.input).to.include({
      logGroupName: "/longhaul/dev/cloud",
      logStreamName: "dev-cloud-1-i-1",
    });
    expect(written()).to.deep.equal([
      {
        v: 1,
        environment: "dev",
        fleet: "cloud",
        runner: "dev-cloud-1",
        machine: "dev-cloud-1-i-1",
        instanceType: "m5.xlarge",
        ...facts,
        ...job(10),
      },
    ]);
  });

  it("an agent that starts again and reads the old log writes no job twice", async () => {
    const first = ledger("again").books;
    first.add(job(10), unknownFacts);
    await first.flush();
    const { books, written } = ledger("again");
    expect(books.add(job(10), unknownFacts)).to.equal(false);
    expect(books.add(job(20), unknownFacts)).to.equal(true);
    await books.flush();
    expect(written().map(({ receivedAt }) => receivedAt)).to.deep.equal([job(20).receivedAt]);
  });

  it("says once for each boot when the machine was ready, and how long it took", async () => {
    const { books, written, clock, bootMark } = ledger("boot");
    put(bootMark, `${clock.now() / 1000}\n`);
    clock.advance(42_400);
    books.noteStart();
    clock.advance(60_000);
    books.noteStart(); // The listener was restarted.
    await books.flush();
    const { runner, instanceType } = configuration;
    const start: StartRecord = {
      v: 1,
      kind: "start",
      environment: "dev",
      fleet: "cloud",
      runner,
      machine: "dev-cloud-1-i-1",
      instanceType,
      at: "2026-05-01T10:00:42.400Z",
      bootSeconds: 42,
    };
    expect(written()).to.deep.equal([start]);
    expect(written().map((line) => parseLedgerLine(JSON.stringify(line)))).to.deep.equal([start]);
  });

  it("says nothing of a start whose beginning is not known, and makes none of a clock that was set back", async () => {
    const { books, written, clock, bootMark } = ledger("odd-boot");
    for (const mark of ["", "soon", "NaN"]) {
      put(bootMark, mark);
      books.noteStart();
    }
    put(bootMark, String(clock.now() / 1000 + 3600));
    books.noteStart();
    await books.flush();
    expect(written()).to.have.length(1);
    expect(written()[0]).to.include({ kind: "start", bootSeconds: 0 });
  });

  it("says once when the machine powers off, however often that is tried, and again after it has stayed", async () => {
    const { books, written, clock } = ledger("stop");
    for (const act of [books.noteStop, books.noteStop, books.noteStart, books.noteStop]) {
      clock.advance(1000);
      act();
    }
    books.add(job(10), unknownFacts);
    await books.flush();
    const stops = written().filter(({ kind }) => (kind as string | undefined) === "stop");
    expect(stops.map((line) => (line as unknown as { at: string }).at)).to.deep.equal([
      "2026-05-01T10:00:01.000Z",
      "2026-05-01T10:00:04.000Z",
    ]);
  });

  it("forgets no job for what else it says", async () => {
    const { books, written } = ledger("mixed");
    books.noteStop();
    books.add(job(10), unknownFacts);
    await books.flush();
    expect(books.add(job(10), unknownFacts)).to.equal(false);
    expect(books.add(job(20), unknownFacts)).to.equal(true);
    expect(written()).to.have.length(2);
  });

  it("makes the machine's stream with its first job", async () => {
    let made = false;
    const { books, calls } = ledger("stream", (action) => {
      if (action === "logs:CreateLogStream") made = true;
      else if (!made) throw new AwsError(action, 400, "ResourceNotFoundException", "no such stream");
      return {};
    });
    books.add(job(10), unknownFacts);
    await books.flush();
    expect(calls.map(({ action }) => action)).to.deep.equal([
      "logs:PutLogEvents",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
  });

  it("is complete when a machine writes it for the last time, whatever an earlier write is still about", async () => {
    for (const fails of [false, true]) {
      let tries = 0;
      const { books, written } = ledger(`last-${fails}`, (action) => {
        if (fails && ++tries === 1) throw new AwsError(action, 0, "NoAnswer", "no way out");
        return {};
      });
      books.add(job(10), unknownFacts);
      const earlier = books.flush().catch(() => undefined);
      books.add(job(20), unknownFacts);
      await books.flush();
      await earlier;
      const receivedAt = written().map((record) => record.receivedAt);
      expect(receivedAt.slice(-1), `the earlier one fails: ${fails}`).to.deep.equal([job(20).receivedAt]);
      expect(new Set(receivedAt)).to.have.property("size", 2);
    }
  });

  it("forgets nothing that could not be written, nor what comes meanwhile", async () => {
    let fails = true;
    const { books, written } = ledger("later", (action) => {
      if (fails) throw new AwsError(action, 0, "NoAnswer", "no way out");
      return {};
    });
    books.add(job(10), unknownFacts);
    const failed = books.flush().catch((error: unknown) => (error as Error).message);
    books.add(job(20), unknownFacts);
    expect(await failed).to.include("NoAnswer");
    fails = false;
    await books.flush();
    expect(
      written()
        .slice(-2)
        .map(({ receivedAt }) => receivedAt),
    ).to.deep.equal([job(10).receivedAt, job(20).receivedAt]);
    await until(() => readFileSync(`${folder.path}/later`, "utf8") !== "", "the mark is written");
  });
});
