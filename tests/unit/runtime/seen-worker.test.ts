import { expect } from "chai";
import type { SeenWorker } from "../../../runtime/agent/seen-worker.ts";
import { afterEndingJob, afterWorkerLook } from "../../../runtime/agent/seen-worker.ts";

const mark = { pid: 7, start: "100" };
const known: SeenWorker = { mark, startedAt: 5000, toldToEndAt: 9000 };
const neverAsked = () => {
  throw new Error("asked again");
};

describe("the worker that was seen last", () => {
  it("stays the same, with its start and the time at which it was asked to end, as long as it runs", () => {
    expect(afterWorkerLook(known, { ...mark }, neverAsked)).to.equal(known);
  });

  it("is forgotten once no worker runs", () => {
    expect(afterWorkerLook(known, undefined, neverAsked)).to.equal(undefined);
  });

  for (const [which, other] of [
    ["of another process", { pid: 8, start: "100" }],
    ["of a later process with the same id", { pid: 7, start: "200" }],
  ] as const)
    it(`is another one, which was never asked to end, if the mark is ${which}`, () => {
      expect(afterWorkerLook(known, other, () => 6000)).to.deep.equal({
        mark: other,
        startedAt: 6000,
        toldToEndAt: undefined,
      });
    });

  it("may have a start that the kernel does not show", () => {
    expect(afterWorkerLook(undefined, mark, () => undefined)?.startedAt).to.equal(undefined);
  });

  it("keeps the first time at which it was asked to end", () => {
    const told = afterEndingJob({ ...known, toldToEndAt: undefined }, 9000);
    expect(told).to.deep.equal(known);
    expect(afterEndingJob(told, 9500)).to.deep.equal(known);
  });
});
