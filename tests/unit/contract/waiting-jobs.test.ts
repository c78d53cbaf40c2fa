import { expect } from "chai";
import fc from "fast-check";
import {
  formatJobMessage,
  isCurrentJob,
  jobStates,
  parseJobMessage,
  parseWaitingJob,
  secondsThatCount,
  statesBefore,
} from "../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";

const job: WaitingJob = {
  id: "29679449526",
  repository: "acme/app",
  labels: ["self-hosted", "cloud"],
  state: "queued",
  queuedAt: 1_790_000_000,
  at: 1_790_000_001,
  expiresAt: 1_790_086_401,
  wakes: 0,
};

describe("the state of a waiting job", () => {
  it("only moves forward", () => {
    expect(jobStates.map((state) => statesBefore(state))).to.deep.equal([
      [],
      ["queued"],
      ["queued", "in_progress"],
    ]);
  });

  it("counts as long as GitHub lets a job wait or run", () => {
    expect(secondsThatCount.queued).to.equal(24 * 3600);
    expect(secondsThatCount.in_progress).to.be.greaterThan(5 * 24 * 3600);
  });

  it("stays as a tombstone longer than GitHub allows a delivery to be repeated", () => {
    expect(secondsThatCount.completed).to.be.greaterThan(3 * 24 * 3600);
  });

  it("does not count once it has expired, even if DynamoDB has not deleted it yet", () => {
    expect(isCurrentJob(job, job.expiresAt * 1000 - 1)).to.equal(true);
    expect(isCurrentJob(job, job.expiresAt * 1000)).to.equal(false);
  });
});

describe("a waiting job's item", () => {
  it("is read as it was written", () => {
    const all = { ...job, wakes: 2, runner: "dev-cloud-1-i-0a", wokenAt: 5, wokenMachine: "i-0a" };
    expect(parseWaitingJob(all)).to.deep.equal(all);
    expect(parseWaitingJob({ ...job, wakes: undefined })).to.deep.equal(job);
  });

  const damaged: Record<string, unknown> = {
    id: 29679449526,
    repository: undefined,
    labels: ["cloud", 1],
    state: "asleep",
    queuedAt: "yesterday",
    at: -1,
    expiresAt: Number.NaN,
  };
  for (const [key, value] of Object.entries(damaged)) {
    it(`is undefined if its ${key} is damaged`, () => {
      expect(parseWaitingJob({ ...job, [key]: value })).to.equal(undefined);
    });
  }

  it("is read or refused, and parsing never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseWaitingJob(value)).to.equal(undefined);
      }),
    );
  });
});

describe("a message of the controller's queue", () => {
  it("is read as it was written", () => {
    const message = parseJobMessage(formatJobMessage({ id: "7", repository: "acme/app" }));
    expect(message).to.deep.equal({ kind: "job", id: "7", repository: "acme/app" });
  });

  const others: Record<string, string> = {
    "of another version": JSON.stringify({ v: 2, kind: "job", id: "7", repository: "acme/app" }),
    "of another kind": JSON.stringify({ v: 1, kind: "stop", id: "7", repository: "acme/app" }),
    "about a job of another form": JSON.stringify({ v: 1, kind: "job", id: 7, repository: "acme/app" }),
    "not JSON": "wake up",
    "not an object": "null",
  };
  for (const [what, text] of Object.entries(others)) {
    it(`is undefined if it is ${what}`, () => {
      expect(parseJobMessage(text)).to.equal(undefined);
    });
  }
});
