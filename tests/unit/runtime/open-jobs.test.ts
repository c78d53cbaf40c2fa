import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { expect } from "chai";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import type { MarkedJob } from "../../../runtime/agent/open-jobs.ts";
import { openJobs } from "../../../runtime/agent/open-jobs.ts";
import { fakeClock, put, temporaryFolder } from "./fixture.ts";

const job: MarkedJob = {
  id: "a",
  receivedAt: "2026-05-01T10:00:00.000Z",
  startedAt: "2026-05-01T10:00:02Z",
  worker: 7,
  facts: { ...unknownFacts, runId: "4711" },
};

describe("the file of open jobs, which survives a power cut", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let clock: ReturnType<typeof fakeClock>;
  let lines: string[];
  beforeEach(() => {
    folder = temporaryFolder();
    clock = fakeClock();
    lines = [];
  });
  afterEach(() => {
    folder.remove();
  });
  const open = (machine = "local-1") =>
    openJobs(`${folder.path}/open-jobs`, machine, clock, (line) => lines.push(line));
  const path = () => `${folder.path}/open-jobs`;

  it("contains the jobs and the time at which they were last seen", () => {
    open().keep([job]);
    const { left } = open();
    expect(left.jobs).to.deep.equal([job]);
    expect(left.lastSeenAt).to.equal(clock.now());
  });

  it("has a time that is at most a minute old, and only its modification time is updated for that", () => {
    const jobs = open();
    jobs.keep([job]);
    const { ino } = statSync(path());
    const first = clock.now();
    clock.advance(59_000);
    jobs.keep([job]);
    expect(open().left.lastSeenAt).to.equal(first);
    clock.advance(1000);
    jobs.keep([{ ...job }]);
    expect(open().left.lastSeenAt).to.equal(first + 60_000);
    expect(statSync(path()).ino).to.equal(ino);
    jobs.keep([{ ...job, cause: "overdue" }]);
    expect(open().left.jobs[0]!.cause).to.equal("overdue");
  });

  for (const [what, damaged] of Object.entries<unknown>({
    "no list": null,
    "an entry that is not a job": [job, null, 7, "a"],
    "a job without an id": [job, { ...job, id: null }],
    "a job without a start time": [job, { ...job, startedAt: null }],
    "a job with an invalid time": [job, { ...job, receivedAt: "yesterday" }],
    "a job without the facts from its hook": [job, { ...job, facts: undefined }],
  })) {
    it(`keeps the valid jobs if a power cut has left ${what}`, () => {
      put(path(), JSON.stringify({ machine: "local-1", jobs: damaged }));
      expect(open().left.jobs).to.deep.equal(Array.isArray(damaged) ? [job] : []);
    });
  }

  it("is deleted when no job is running", () => {
    const jobs = open();
    jobs.keep([job]);
    jobs.keep([]);
    expect(existsSync(path())).to.equal(false);
    expect(open().left).to.deep.equal({ jobs: [], lastSeenAt: 0 });
    open().keep([]);
  });

  it("is ignored if it belongs to another machine or is damaged", () => {
    open().keep([job]);
    expect(open("local-2").left.jobs).to.deep.equal([]);
    for (const text of ["", readFileSync(path(), "utf8").slice(0, -3)]) {
      put(path(), text);
      expect(open().left.jobs).to.deep.equal([]);
    }
  });

  it("is reported once if it cannot be written, and delays nothing", () => {
    mkdirSync(`${path()}.new`); // A folder is in the place of the new file.
    const jobs = open();
    jobs.keep([job]);
    jobs.keep([job]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include("could not be recorded");
  });
});
