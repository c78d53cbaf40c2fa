import { expect } from "chai";
import { readWorkerLog } from "../../../runtime/agent/worker-log.ts";
import { put, temporaryFolder } from "./fixture.ts";

const id = "5fa50a01-94c3-4f7e-824a-c7779915615a";
const other = "3799756a-db8a-44d3-8c70-240a57ef4e73";
const say = (source: string, text: string, level = "INFO") =>
  `[2026-05-01 10:00:02Z ${level} ${source}] ${text}\n`;
const began = (job = id) => say("JobRunner", `Job ID ${job}`);
const result = (text: string) => say("JobRunner", `Job result after all job steps finish: ${text}`);
const raised = say("JobRunner", "Raising job completed against run service");
const refused = say(
  "JobRunner",
  `Catch exception while attempting to complete job ${id}, job request 1.`,
  "ERR ",
);
const completed = say("Worker", "Job completed.");
const threw = say("Worker", "System.AggregateException: One or more errors occurred.", "ERR ");

describe("reading a job's end from its worker's log", () => {
  const folder = temporaryFolder();
  after(folder.remove);
  let folders = 0;
  const read = (...logs: string[]) => {
    const diagnostics = `${folder.path}/${++folders}`;
    logs.forEach((text, index) => {
      put(`${diagnostics}/Worker_20260501-10000${index}-utc.log`, text);
    });
    return readWorkerLog(diagnostics, id);
  };

  const rules: [string, string[], object | undefined][] = [
    ["finds nothing without a log", [], undefined],
    ["finds nothing in another job's log", [began(other) + result("Succeeded") + completed], undefined],
    ["finds that the job did not complete", [began() + result("Succeeded") + raised], { completed: false }],
    [
      "finds the result once GitHub has accepted it",
      [began() + result("Succeeded") + raised + completed],
      { completed: true, result: "Succeeded" },
    ],
    [
      "finds the result if GitHub accepted it at the second try",
      [began() + result("Failed") + raised + refused + completed],
      { completed: true, result: "Failed" },
    ],
    [
      "finds that the job did not complete if GitHub refused the result because the lock was lost",
      [began() + result("Succeeded") + raised + refused + completed + threw],
      { completed: false },
    ],
    [
      "finds that the job completed with an unknown result",
      [began() + completed],
      { completed: true, result: undefined },
    ],
    [
      "reads on in the next file if the first one was full",
      [began() + say("StepsRunner", "x"), result("Canceled") + raised + completed],
      { completed: true, result: "Canceled" },
    ],
    [
      "ignores the log of the next job's worker",
      [began() + result("Succeeded") + raised, began(other) + result("Succeeded") + raised + completed],
      { completed: false },
    ],
  ];
  for (const [what, logs, found] of rules) {
    it(what, () => {
      expect(read(...logs)).to.deep.equal(found);
    });
  }

  it("finds nothing without a folder", () => {
    expect(readWorkerLog(`${folder.path}/none`, id)).to.equal(undefined);
  });
});
