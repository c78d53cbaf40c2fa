import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { formatSmokeRun, parseSmokeRun, readSmokeRuns } from "../../../contract/requests.ts";
import type { SmokeRun } from "../../../contract/requests.ts";
import { written } from "../../../contract/written.ts";

const run = written<SmokeRun>({
  workflow: "smoke.yml",
  runId: 7,
  runUrl: "https://github.com/acme/app/actions/runs/7",
  expectedRunner: "dev-cloud-1",
  actualRunner: "dev-cloud-1",
  minutes: 180,
  conclusion: "success",
});

/** A wrong value of a key, and the reader's complaint about it. */
const wrong: readonly [keyof SmokeRun, unknown, string][] = [
  ["workflow", 1, "workflow must be a text and is 1"],
  ["runId", "7", 'runId must be a number from 0 up and is "7"'],
  ["runUrl", undefined, "runUrl is missing"],
  ["expectedRunner", null, "expectedRunner must be a text and is null"],
  ["actualRunner", ["a"], "actualRunner must be a text and is a list of 1"],
  ["minutes", -1, "minutes must be a number from 0 up and is -1"],
  ["conclusion", {}, "conclusion must be a text and is an object"],
];

describe("the output of longhaul smoke dispatch", () => {
  it("is read as it was written, with or without a run", () => {
    const going = written<SmokeRun>({ ...run, conclusion: undefined });
    expect(parseSmokeRun(formatSmokeRun(run))).to.deep.equal(run);
    expect(parseSmokeRun(JSON.stringify(going))).to.deep.equal(going);
    expect(parseSmokeRun(`${formatSmokeRun(undefined)}\n`)).to.equal(null);
  });

  for (const [key, value, sentence] of wrong)
    it(`is refused, with the text that was there: ${sentence}`, () => {
      const text = JSON.stringify({ ...run, [key]: value });
      expect(() => parseSmokeRun(text))
        .to.throw(Failure, sentence)
        .with.property("message")
        .match(/npm ls longhaul/);
    });

  it("is refused if it contains other text", () => {
    for (const text of ["npm notice", "", "[]", "7"])
      expect(() => parseSmokeRun(text)).to.throw(Failure, "is not a JSON object");
  });
});

describe("the output smoke of a stack", () => {
  it("is a list of runs, or is absent", () => {
    expect(readSmokeRuns([run])).to.deep.equal([run]);
    expect(readSmokeRuns(undefined)).to.deep.equal([]);
  });

  it("is refused if another program uses the name for something else", () => {
    expect(() => readSmokeRuns("on")).to.throw(
      Failure,
      'The stack\'s output "smoke" cannot be used: it must be a list and is "on"',
    );
    expect(() => readSmokeRuns([run, { ...run, runId: null }])).to.throw(Failure, "1.runId must be a number");
  });
});
