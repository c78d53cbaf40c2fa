import { utimesSync } from "node:fs";
import { expect } from "chai";
import type { RunnerJobFacts } from "../../../runtime/agent/job-facts.ts";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import { watchJobs } from "../../../runtime/agent/job-watch.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { fakeClock, put, temporaryFolder } from "./fixture.ts";

const id = "5fa50a01-94c3-4f7e-824a-c7779915615a";
const trace = (time: string, text: string) => `[RUNNER 2026-05-01 ${time}Z INFO JobDispatcher] ${text}\n`;
const begun =
  trace("10:00:01", `Job request 7 for plan p job ${id} received.`) +
  trace("10:00:02", `Start renew job request 7 for job ${id}.`);
const renewed = (time: string) => trace(time, `Successfully renew job ${id}, job is valid till x`);

/** The agent starts after a failure: neither the listener nor the worker runs any more. */
describe("how a restarted agent records a job that was running", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let clock: ReturnType<typeof fakeClock>;
  let ended: { job: EndedJob; facts: RunnerJobFacts }[];
  beforeEach(() => {
    folder = temporaryFolder();
    clock = fakeClock();
    ended = [];
  });
  afterEach(() => {
    folder.remove();
  });

  const paths = () => pathsBelow(folder.path, "runner");
  /** @param lastSeenAt the mark's time, or undefined if there is no mark */
  function leave(log: string | undefined, lastSeenAt?: string, changes: object = {}) {
    if (log !== undefined) put(paths().listenerLog, log);
    if (lastSeenAt === undefined) return;
    const times = { receivedAt: "2026-05-01T10:00:00.000Z", startedAt: "2026-05-01T10:00:02Z" };
    const job = { id, ...times, worker: null, facts: { ...unknownFacts, runId: "4711" }, ...changes };
    put(paths().openJobs, JSON.stringify({ machine: "local-1", jobs: [job] }));
    const seconds = Date.parse(lastSeenAt) / 1000;
    utimesSync(paths().openJobs, seconds, seconds);
  }
  function startAgain() {
    const host = {
      ...{ paths: paths(), machine: "local-1", clock },
      run: () => expect.fail("There is nothing to free."),
      log: (line: string) => expect.fail(line),
    };
    const jobs = watchJobs(host, (job, facts, written) => {
      ended.push({ job, facts });
      written();
    });
    clock.advance(48 * 3_600_000);
    jobs.readNews(true);
    jobs.settleLost();
    jobs.keep();
    return ended.map(({ job }) => [job.result, job.endedAt]);
  }

  it("ends it at the listener's last line if nothing else is left", () => {
    leave(begun + renewed("10:07:02"));
    expect(startAgain()).to.deep.equal([["Lost", "2026-05-01T10:07:02.000Z"]]);
  });

  it("ends it when it was last seen if the listener's log is gone, and keeps the facts from its hook", () => {
    leave(undefined, "2026-05-01T10:31:00.000Z");
    expect(startAgain()).to.deep.equal([["Lost", "2026-05-01T10:31:00.000Z"]]);
    expect(ended[0]!.facts.runId).to.equal("4711");
    expect(ended[0]!.job.cause).to.equal("machine-ended");
  });

  it("ends it at the later of the two times", () => {
    leave(begun + renewed("10:07:02"), "2026-05-01T10:06:30.000Z");
    expect(startAgain()).to.deep.equal([["Lost", "2026-05-01T10:07:02.000Z"]]);
  });

  it("ends it once, with the listener's own result and time, if the listener logged them", () => {
    leave(
      begun + trace("10:05:00", `finish job request for job ${id} with result: Failed`),
      "2026-05-01T10:04:00.000Z",
    );
    expect(startAgain()).to.deep.equal([["Failed", "2026-05-01T10:05:00Z"]]);
    expect(ended[0]!.facts.runId).to.equal("4711");
  });

  it("keeps the cause for which the machine was ending it", () => {
    const words = [
      `Worker finished for job ${id}. Code: 143`,
      `finish job request for job ${id} with result: Failed`,
    ];
    leave(begun + words.map((text) => trace("10:05:00", text)).join(""), "2026-05-01T10:04:00.000Z", {
      cause: "overdue",
    });
    startAgain();
    expect(ended[0]!.job.cause).to.equal("overdue");
  });

  const clocks: [string, string, string][] = [
    ["a mark that is older than the job", "2026-05-01T08:00:00.000Z", "2026-05-01T10:00:02.000Z"],
    ["a mark with a time in the future", "2026-06-01T10:00:00.000Z", "2026-05-03T10:00:00.000Z"],
  ];
  for (const [what, lastSeenAt, endedAt] of clocks) {
    it(`ends it neither before its beginning nor in the future if the clock was set: ${what}`, () => {
      leave(undefined, lastSeenAt);
      expect(startAgain()).to.deep.equal([["Lost", endedAt]]);
    });
  }

  it("uses the result from the worker's log, even after a reboot", () => {
    leave(undefined, "2026-05-01T10:31:00.000Z", { worker: 7 });
    const words = [
      "JobRunner] Job ID " + id,
      "JobRunner] Job result after all job steps finish: Succeeded",
      "Worker] Job completed.",
    ];
    put(
      `${paths().diagnostics}/Worker_20260501-100002-utc.log`,
      words.map((text) => `[2026-05-01 10:30:59Z INFO ${text}\n`).join(""),
    );
    expect(startAgain()).to.deep.equal([["Succeeded", "2026-05-01T10:31:00.000Z"]]);
  });
});
