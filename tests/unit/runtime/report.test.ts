import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import type { LedgerRecord, StartRecord } from "../../../contract/ledger.ts";
import { parseLedgerLine } from "../../../contract/ledger.ts";
import { machineMetricNamespace, machineMetrics } from "../../../contract/metrics.ts";
import { tagsOfTheMachine } from "../../../contract/tags.ts";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import type { Ledger } from "../../../runtime/agent/ledger.ts";
import { ledgerFiles } from "../../../runtime/agent/ledger-files.ts";
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

  it("have exactly the keys that the machine's role permits, on its own instance", async () => {
    const { tags, calls } = tagger();
    await tags.reportNow({ ...idle, detail: "x".repeat(300), version: "2.338.0" });
    expect(calls[0]).to.deep.include({ action: "ec2:CreateTags" });
    expect(calls[0]!.input.ResourceId).to.deep.equal(["i-1"]);
    const sent = sentBy(calls[0]!.input);
    expect(Object.keys(sent)).to.have.members([...tagsOfTheMachine]);
    expect(sent["longhaul:detail"]).to.have.length(256);
  });

  it("are sent only when something has changed", async () => {
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

  it("include the time since which the state holds, whatever else changes", async () => {
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

  it("are retried after a pause if they could not be sent", async () => {
    let fails = true;
    const { tags, calls, clock, lines } = tagger(() => {
      if (fails) throw new Failure("throttled");
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
  it("are those of the contract and the incidents, with the runner's dimensions", async () => {
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

  it("measure the use of memory, load and disk", async () => {
    const folder = temporaryFolder();
    put(`${folder.path}/meminfo`, "MemTotal:       1000 kB\nMemFree:  100 kB\nMemAvailable:    250 kB\n");
    put(`${folder.path}/loadavg`, "0.75 0.50 0.25 1/100 4711\n");
    const { memoryUsed, load, diskUsed } = await measure(folder.path, "/");
    expect({ memoryUsed, load }).to.deep.equal({ memoryUsed: 75, load: 0.75 });
    expect(diskUsed).to.be.within(0, 100);
    folder.remove();
  });

  it("are published without the values that cannot be read", async () => {
    const folder = temporaryFolder();
    put(`${folder.path}/meminfo`, "MemTotal:       1000 kB\n");
    const measured = await measure(folder.path, `${folder.path}/no-such-disk`);
    expect(measured, "neither load, disk nor memory").to.deep.equal({});
    const { aws, calls } = fakeAws();
    await publishMetrics(
      configuration,
      { busy: 1, listening: 1, jobOverdue: 0, ...measured },
      { PollErrors: 3 },
      aws,
    );
    const { MetricData } = calls[0]!.input as { MetricData: { MetricName: string; Value: number }[] };
    expect(MetricData.map(({ MetricName, Value }) => [MetricName, Value])).to.deep.equal([
      ["Busy", 1],
      ["Listening", 1],
      ["JobOverdue", 0],
      ["PollErrors", 3],
    ]);
    folder.remove();
  });
});

describe("the ledger", () => {
  const folder = temporaryFolder();
  after(folder.remove);
  const times = (minute: number) => ({
    receivedAt: `2026-05-01T10:${minute}:00.000Z`,
    startedAt: `2026-05-01T10:${minute}:02Z`,
    endedAt: `2026-05-01T10:${minute}:30Z`,
    result: "Succeeded",
  });
  const job = (minute: number): EndedJob => ({ ...times(minute), id: `job-${minute}`, worker: minute });

  /** Ids of the jobs that the ledger reported as recorded. */
  let recorded: string[];
  beforeEach(() => {
    recorded = [];
  });
  const add = (books: Ledger, one: EndedJob, facts = unknownFacts) => {
    books.add(one, facts, () => recorded.push(one.id));
  };

  const filesOf = (mark: string) => ({
    written: `${folder.path}/${mark}`,
    waiting: `${folder.path}/${mark}-waiting`,
  });
  const noLog = (line: string) => {
    throw new Error(line);
  };

  function ledger(mark: string, answer?: (action: string) => unknown) {
    const { aws, calls } = fakeAws(answer);
    const clock = fakeClock();
    const lines: string[] = [];
    const bootMark = `${folder.path}/${mark}-boot`;
    const books = machineLedger({
      configuration,
      machine: "dev-cloud-1-i-1",
      files: ledgerFiles(filesOf(mark), "dev-cloud-1-i-1", (line) => lines.push(line)),
      bootMark,
      clock,
      aws,
      log: (line) => lines.push(line),
    });
    const written = () =>
      calls
        .filter(({ action }) => action === "logs:PutLogEvents")
        .flatMap(({ input }) => input.logEvents as { message: string }[])
        .map(({ message }) => JSON.parse(message) as LedgerRecord);
    return { books, calls, written, clock, bootMark, lines };
  }

  it("records a job's cause if it is known", async () => {
    const { books, written } = ledger("cause");
    add(books, { ...job(10), cause: "overdue" });
    add(books, job(20));
    await books.flush();
    expect(written().map(({ cause }) => cause)).to.deep.equal(["overdue", undefined]);
  });

  it("recognises a job by its id, because its message has another time when it is read again after a reboot", async () => {
    const before = ledger("reboot");
    add(before.books, job(10));
    await before.books.flush();
    const { books, written } = ledger("reboot");
    add(books, { ...job(10), receivedAt: "2026-05-01T10:10:02Z" });
    await books.flush();
    expect(written()).to.deep.equal([]);
  });

  it("records a job that seems older than the last one because the clock was set back", async () => {
    const { books, written } = ledger("set-back");
    add(books, job(30));
    await books.flush();
    add(books, job(10));
    await books.flush();
    expect(written()).to.have.length(2);
  });

  it("is written in parts after two days without a connection, and a failed part does not stop the others", async () => {
    let fails = false;
    const { books, calls, written } = ledger("cut-off", (action) => {
      if (fails) throw new AwsError(action, 400, "InvalidParameterException", "not now");
      fails = true; // The second part.
      return {};
    });
    const on = (day: number) => ({ ...job(10), id: `job-${day}`, endedAt: `2026-04-${day}T10:00:00Z` });
    for (const day of [27, 29, 28]) add(books, on(day));
    expect(await books.flush().catch((error: unknown) => (error as Error).message)).to.include("not now");
    fails = false;
    const spans = () =>
      calls.map(({ input }) =>
        (input.logEvents as { timestamp: number }[]).map(({ timestamp }) => timestamp),
      );
    for (let tries = 0; tries < 2; tries++) {
      fails = false;
      await books.flush().catch(() => undefined);
    }
    for (const span of spans()) expect(span.at(-1)! - span[0]!).to.be.below(24 * 3_600_000);
    expect(spans().filter((span) => span.includes(Date.parse(on(27).endedAt)))).to.have.length(1);
    expect(new Set(written().map(({ endedAt }) => endedAt))).to.have.property("size", 3);
  });

  it("reports lines that CloudWatch accepted and dropped", async () => {
    const { books, lines } = ledger("dropped", () => ({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 },
    }));
    add(books, job(10));
    await books.flush();
    expect(lines.join()).to.include("dropped").and.include("tooOldLogEventEndIndex");
  });

  it("loses no line if the power is cut before CloudWatch has it, and writes each line once", async () => {
    const noWay = (action: string) => {
      throw new AwsError(action, 0, "NoAnswer", "no way out");
    };
    const before = ledger("power", noWay);
    put(before.bootMark, String(before.clock.now() / 1000));
    before.books.noteStart();
    add(before.books, job(10), { ...unknownFacts, runId: "4711" });
    before.books.noteStop();
    await before.books.flush().catch(() => undefined);
    const { books, written } = ledger("power");
    add(books, job(10)); // A restarted agent reads the job again in the old log.
    expect(recorded).to.deep.equal([]);
    await books.flush();
    const kinds = written().map(({ kind, runId }) => (kind as string | undefined) ?? runId);
    expect(kinds).to.have.members(["start", "4711", "stop"]);
    expect(recorded).to.deep.equal(["job-10"]);
    const after = ledger("power");
    await after.books.flush();
    expect(after.written()).to.deep.equal([]);
  });

  it("writes no line twice if it was marked as written but is still in the waiting file", async () => {
    const cut = ledger("between");
    add(cut.books, job(10));
    const waiting = readFileSync(`${folder.path}/between-waiting`, "utf8");
    await cut.books.flush();
    put(`${folder.path}/between-waiting`, waiting);
    const { books, written } = ledger("between");
    await books.flush();
    expect(written()).to.deep.equal([]);
  });

  it("works without space on the disk, reports that once, and saves the waiting lines as soon as it can", async () => {
    let fails = true;
    const { books, written, lines } = ledger("full", (action) => {
      if (fails) throw new AwsError(action, 0, "NoAnswer", "no way out");
      return {};
    });
    mkdirSync(`${folder.path}/full-waiting.new`); // The file cannot be written, as on a full disk.
    add(books, job(10));
    add(books, job(20));
    await books.flush().catch(() => undefined);
    expect(lines.filter((line) => line.includes("could not be saved"))).to.have.length(1);
    rmSync(`${folder.path}/full-waiting.new`, { recursive: true });
    await books.flush().catch(() => undefined);
    expect(ledgerFiles(filesOf("full"), "dev-cloud-1-i-1", noLog).waiting).to.have.length(2);
    fails = false;
    await books.flush();
    expect(written().slice(-2)).to.have.length(2);
    expect(existsSync(`${folder.path}/full-waiting`)).to.equal(false);
  });

  it("ignores waiting lines of another machine or in a damaged file", () => {
    const { books } = ledger("image");
    add(books, job(10));
    expect(ledgerFiles(filesOf("image"), "dev-cloud-1-i-1", noLog).waiting).to.have.length(1);
    expect(ledgerFiles(filesOf("image"), "dev-cloud-1-i-2", noLog).waiting).to.deep.equal([]);
    for (const text of ["", "null", "[]", '{"machine":"dev-cloud-1-i-1"}', '{"mach']) {
      put(`${folder.path}/image-waiting`, text);
      expect(ledgerFiles(filesOf("image"), "dev-cloud-1-i-1", noLog).waiting, text).to.deep.equal([]);
    }
  });

  it("keeps only the latest lines if there are too many", () => {
    const { books } = ledger("many");
    const facts = { ...unknownFacts, workflow: "x".repeat(10_000) };
    for (let number = 0; number < 100; number++) add(books, { ...job(10), id: `job-${number}` }, facts);
    const { waiting } = ledgerFiles(filesOf("many"), "dev-cloud-1-i-1", noLog);
    expect(waiting.length).to.be.within(20, 30);
    expect(waiting.at(-1)!.id).to.equal("job-99");
  });

  it("replaces its mark by a new file, so that it is never half written", async () => {
    const { books } = ledger("whole");
    add(books, job(10));
    await books.flush();
    linkSync(`${folder.path}/whole`, `${folder.path}/whole-before`);
    add(books, job(20));
    await books.flush();
    const ids = (name: string) => JSON.parse(readFileSync(`${folder.path}/${name}`, "utf8")) as string[];
    expect(ids("whole")).to.deep.equal(["job-10", "job-20"]);
    expect(ids("whole-before")).to.deep.equal(["job-10"]);
  });

  it("ignores a mark that a power cut has damaged", async () => {
    put(`${folder.path}/pieces`, '["job-1');
    const { books, written } = ledger("pieces");
    add(books, job(10));
    await books.flush();
    expect(written()).to.have.length(1);
  });

  it("has one record for a job, in the fleet's log group and the machine's stream", async () => {
    const { books, calls, written } = ledger("one");
    const facts = { ...unknownFacts, repository: "acme/app", runId: "4711" };
    add(books, job(10), facts);
    add(books, job(10), facts);
    expect(recorded, "not before CloudWatch has it").to.deep.equal([]);
    await books.flush();
    await books.flush();
    add(books, job(10), facts);
    expect(recorded).to.deep.equal(["job-10", "job-10"]);
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
        ...times(10),
      },
    ]);
  });

  it("records no job twice if a restarted agent reads the old log", async () => {
    const first = ledger("again").books;
    add(first, job(10));
    await first.flush();
    const { books, written } = ledger("again");
    add(books, job(10));
    add(books, job(20));
    await books.flush();
    expect(written().map(({ receivedAt }) => receivedAt)).to.deep.equal([job(20).receivedAt]);
  });

  it("records once for each boot when the machine was ready, and how long the boot took", async () => {
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

  it("records no start if the boot's time is unknown, and 0 seconds if the clock was set back", async () => {
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

  it("records one power-off for any number of tries, and another one after the machine has stayed", async () => {
    const { books, written, clock } = ledger("stop");
    for (const act of [books.noteStop, books.noteStop, books.noteStart, books.noteStop]) {
      clock.advance(1000);
      act();
    }
    add(books, job(10));
    await books.flush();
    const stops = written().filter(({ kind }) => (kind as string | undefined) === "stop");
    expect(stops.map((line) => (line as unknown as { at: string }).at)).to.deep.equal([
      "2026-05-01T10:00:01.000Z",
      "2026-05-01T10:00:04.000Z",
    ]);
  });

  it("records jobs beside starts and power-offs", async () => {
    const { books, written } = ledger("mixed");
    books.noteStop();
    add(books, job(10));
    await books.flush();
    add(books, job(10));
    add(books, job(20));
    expect(written()).to.have.length(2);
  });

  it("creates the machine's stream with its first job", async () => {
    let made = false;
    const { books, calls } = ledger("stream", (action) => {
      if (action === "logs:CreateLogStream") made = true;
      else if (!made) throw new AwsError(action, 400, "ResourceNotFoundException", "no such stream");
      return {};
    });
    add(books, job(10));
    await books.flush();
    expect(calls.map(({ action }) => action)).to.deep.equal([
      "logs:PutLogEvents",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
  });

  it("is complete after the machine's last write, even if an earlier write is still running", async () => {
    for (const fails of [false, true]) {
      let tries = 0;
      const { books, written } = ledger(`last-${fails}`, (action) => {
        if (fails && ++tries === 1) throw new AwsError(action, 0, "NoAnswer", "no way out");
        return {};
      });
      add(books, job(10));
      const earlier = books.flush().catch(() => undefined);
      add(books, job(20));
      await books.flush();
      await earlier;
      const receivedAt = written().map((record) => record.receivedAt);
      expect(receivedAt.slice(-1), `the earlier one fails: ${fails}`).to.deep.equal([job(20).receivedAt]);
      expect(new Set(receivedAt)).to.have.property("size", 2);
    }
  });

  it("keeps lines that could not be written, and lines that are added in the meantime", async () => {
    let fails = true;
    const { books, written } = ledger("later", (action) => {
      if (fails) throw new AwsError(action, 0, "NoAnswer", "no way out");
      return {};
    });
    add(books, job(10));
    const failed = books.flush().catch((error: unknown) => (error as Error).message);
    add(books, job(20));
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
