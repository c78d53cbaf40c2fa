import { expect } from "chai";
import type { SeenWorker } from "../../../runtime/agent/seen-worker.ts";
import { afterEndingJob, afterWorkerLook } from "../../../runtime/agent/seen-worker.ts";

const mark = { pid: 7, start: "100" };
const known: SeenWorker = { mark, startedAt: 5000, toldToEndAt: 9000 };
const neverAsked = () => {
  throw new Error("asked again");
};

describe("the worker that was seen last", () => {
  it("stays the same while it runs, with its start time and the time of its signal", () => {
    expect(afterWorkerLook(known, { ...mark }, neverAsked)).to.equal(known);
  });

  it("is forgotten once no worker runs", () => {
    expect(afterWorkerLook(known, undefined, neverAsked)).to.equal(undefined);
  });

  for (const [which, other] of [
    ["of another process", { pid: 8, start: "100" }],
    ["of a later process with the same id", { pid: 7, start: "200" }],
  ] as const)
    it(`is a new one without a signal if the mark is ${which}`, () => {
      expect(afterWorkerLook(known, other, () => 6000)).to.deep.equal({
        mark: other,
        startedAt: 6000,
        toldToEndAt: undefined,
      });
    });

  it("may have an unknown start time", () => {
    expect(afterWorkerLook(undefined, mark, () => undefined)?.startedAt).to.equal(undefined);
  });

  it("keeps the time of its first signal", () => {
    const signalled = afterEndingJob({ ...known, toldToEndAt: undefined }, 9000);
    expect(signalled).to.deep.equal(known);
    expect(afterEndingJob(signalled, 9500)).to.deep.equal(known);
  });
});
