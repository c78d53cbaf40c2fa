import { expect } from "chai";
import { parse } from "yaml";
import type { ActRecord, JobProgress } from "../../../local/runner/act-output.ts";
import { concludeSteps, jobOutputs, plannedSteps, reduceAct } from "../../../local/runner/act-output.ts";
import { isolateJob } from "../../../local/runner/workflow.ts";
import type { AcquiredJob } from "../../../local/runner/exchange.ts";

describe("what act prints becomes what GitHub shows", () => {
  const start: JobProgress = {
    steps: plannedSteps(["Set up job", "Build", "Test"]),
    stepOutputs: {},
    summary: "",
  };
  const numbers: Record<string, number> = { "--setup-job": 1, build: 2, "1": 3 };
  const play = (...records: ActRecord[]) => {
    let progress = start;
    const lines: string[] = [];
    for (const record of records) {
      const reduction = reduceAct(progress, record, (id) => numbers[id], "2026-01-01T00:00:00.000Z");
      progress = reduction.progress;
      lines.push(...reduction.lines);
    }
    return { progress, lines };
  };

  it("a step begins and ends under its number", () => {
    const main = { stage: "Main", stepID: ["build"], step: "Build" };
    const { progress } = play(
      { ...main, msg: "⭐ Run Main Build" },
      { ...main, msg: "  ❌", stepResult: "failure" },
    );
    expect(progress.steps[1]).to.deep.equal({
      name: "Build",
      number: 2,
      status: "completed",
      conclusion: "failure",
      startedAt: "2026-01-01T00:00:00.000Z",
      completedAt: "2026-01-01T00:00:00.000Z",
    });
    expect(progress.steps[2]!.status).to.equal("queued");
  });

  it("the stage after a step does not change how the step ended", () => {
    const { progress } = play(
      { stage: "Main", stepID: ["build"], stepResult: "failure" },
      { stage: "Post", stepID: ["build"], stepResult: "success" },
    );
    expect(progress.steps[1]!.conclusion).to.equal("failure");
  });

  for (const [what, record, lines] of [
    ["output", { raw_output: true, msg: "hello\n" }, ["hello"]],
    [
      "an exit code",
      { level: "error", step: "Build", msg: "exit status 3" },
      ["##[error]Process completed with exit code 3."],
    ],
    ["a notice", { command: "notice", raw: "::notice file=a,line=1::look\n" }, ["##[notice]look"]],
    ["a message of act's own", { level: "warning", msg: "unable to get git ref" }, []],
  ] as const) {
    it(`the log has ${what}`, () => {
      expect(play(record).lines).to.deep.equal(lines);
    });
  }

  it("summaries of all steps are one text, and outputs are kept by step", () => {
    const { progress } = play(
      { command: "summary", content: "# One\n", stepID: ["build"] },
      { command: "summary", content: "two\n", stepID: ["1"] },
      { command: "set-output", name: "v", arg: "7", stepID: ["build"] },
      { jobResult: "success" },
    );
    expect(progress.summary).to.equal("# One\ntwo\n");
    expect(progress.result).to.equal("success");
    expect(
      jobOutputs(
        { a: "${{ steps.build.outputs.v }}-x", b: "${{ steps.none.outputs.v }}", c: 1 },
        progress.stepOutputs,
      ),
    ).to.deep.equal({ a: "7-x", b: "", c: "1" });
  });

  it("a step that never began is skipped; one that never ended is cancelled", () => {
    const { progress } = play({ stage: "Main", stepID: ["build"], msg: "⭐ Run Main Build" });
    expect(concludeSteps(progress.steps, "t").map(({ conclusion }) => conclusion)).to.deep.equal([
      "skipped",
      "cancelled",
      "skipped",
    ]);
  });
});

describe("a job is taken out of its workflow", () => {
  const workflowText = `
name: w
on: workflow_dispatch
jobs:
  first: {runs-on: x, steps: [{run: a}]}
  other: {runs-on: x, steps: [{run: b}]}
  job:
    needs: first
    timeout-minutes: 3
    runs-on: x
    outputs: {v: "\${{ steps.s.outputs.v }}"}
    steps:
      - {id: s, name: Named, run: one}
      - run: |
          two
          three
      - uses: actions/checkout@v4
`;
  const job = (changes: Partial<AcquiredJob>) => ({ workflowText, jobKey: "job", ...changes }) as AcquiredJob;

  it("alone, without the time limit that GitHub keeps itself", () => {
    const isolated = isolateJob(job({}));
    const { jobs } = parse(isolated.text) as { jobs: Record<string, Record<string, unknown>> };
    expect(Object.keys(jobs)).to.deep.equal(["job"]);
    expect(jobs.job).to.not.have.property("timeout-minutes");
    expect(jobs.job!.needs).to.deep.equal([]);
    expect(isolated.outputs).to.deep.equal({ v: "${{ steps.s.outputs.v }}" });
  });

  it("with the outputs of the jobs that it needs", () => {
    const { jobs } = parse(
      isolateJob(job({ needs: { first: { result: "success", outputs: { k: "v" } } } })).text,
    ) as { jobs: Record<string, Record<string, unknown>> };
    expect(jobs.first).to.deep.include({ outputs: { k: "v" } });
    expect(jobs.job!.needs).to.deep.equal(["first"]);
  });

  it("with its steps named as GitHub names them", () => {
    expect(isolateJob(job({})).steps).to.deep.equal([
      { id: "s", name: "Named" },
      { id: "1", name: "Run two" },
      { id: "2", name: "Run actions/checkout@v4" },
    ]);
  });

  it("and is refused if the workflow has no such job", () => {
    expect(() => isolateJob(job({ jobKey: "none" }))).to.throw(/no job "none"/);
  });
});
