import { expect } from "chai";
import fc from "fast-check";
import { parseLedgerLine } from "../../../contract/ledger.ts";
import type { LedgerLine, LedgerRecord } from "../../../contract/ledger.ts";

const machine = {
  v: 1,
  environment: "dev",
  fleet: "cloud",
  runner: "dev-cloud-1",
  machine: "dev-cloud-1-i-0a",
  instanceType: "m5.xlarge",
} as const;
/** A line of the time when the ledger had jobs only. */
const job: LedgerRecord = {
  ...machine,
  repository: "acme/app",
  workflow: "integration",
  runId: "4711",
  runAttempt: "1",
  job: "test",
  receivedAt: "2026-05-01T10:00:00.000Z",
  startedAt: null,
  endedAt: "2026-05-01T11:00:00Z",
  result: "Succeeded",
};

describe("a line of the ledger", () => {
  const lines: [what: string, line: LedgerLine][] = [
    ["a job", job],
    [
      "a job that began, with no word of what it was",
      { ...job, startedAt: job.receivedAt, repository: null, runId: null },
    ],
    ["a job that was ended because it had run for too long", { ...job, result: "Failed", cause: "overdue" }],
    ["a start", { ...machine, kind: "start", at: "2026-05-01T09:00:00.000Z", bootSeconds: 42 }],
    ["a stop", { ...machine, kind: "stop", at: "2026-05-01T19:00:00.000Z" }],
  ];
  for (const [what, line] of lines) {
    it(`is read as it was written: ${what}`, () => {
      expect(parseLedgerLine(JSON.stringify(line))).to.deep.equal(line);
    });
  }

  const others: [what: string, line: unknown][] = [
    ["of another version", { ...job, v: 2 }],
    ["of another kind", { ...job, kind: "eviction" }],
    ["that ended for an unknown cause", { ...job, cause: "boredom" }],
    ["without its machine", { ...job, machine: undefined }],
    ["with an end that is not a time", { ...job, endedAt: "yesterday" }],
    ["with a number as its repository", { ...job, repository: 7 }],
    ["of a start without its seconds", { ...machine, kind: "start", at: job.receivedAt }],
    [
      "of a start that took less than none",
      { ...machine, kind: "start", at: job.receivedAt, bootSeconds: -1 },
    ],
    ["of a stop without its time", { ...machine, kind: "stop" }],
    ["that is a list", [job]],
    ["that is null", null],
  ];
  for (const [what, line] of others) {
    it(`is undefined if it is one ${what}`, () => {
      expect(parseLedgerLine(JSON.stringify(line))).to.equal(undefined);
    });
  }

  it("is undefined if the text is anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseLedgerLine(text)).to.equal(undefined);
      }),
    );
  });
});
