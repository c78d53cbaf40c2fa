import { expect } from "chai";
import type { SeenWorker } from "../../../runtime/agent/seen-worker.ts";
import { afterEndingJob, afterWorkerLook } from "../../../runtime/agent/seen-worker.ts";

const mark = { pid: 7, start: "100" };
const known: SeenWorker = { mark, startedAt: 5000, toldToEndAt: 9000 };
const neverAsked = () => {
  throw new Error("asked again");
};

describe("the worker that was seen last", () => {
  it("stays the same, with when it began and was told to end, as long as it runs", () => {
    expect(afterWorkerLook(known, { ...mark }, neverAsked)).to.equal(known);
  });

  it("is forgotten once none runs", () => {
    expect(afterWorkerLook(known, undefined, neverAsked)).to.equal(undefined);
  });

  for (const [which, other] of [
    ["of another process", { pid: 8, start: "100" }],
    ["of a later process with the same id", { pid: 7, start: "200" }],
  ] as const)
    it(`is another one, which was never told to end, where the mark is ${which}`, () => {
      expect(afterWorkerLook(known, other, () => 6000)).to.deep.equal({
        mark: other,
        startedAt: 6000,
        toldToEndAt: undefined,
      });
    });

  it("may have begun at a moment that the kernel does not tell", () => {
    expect(afterWorkerLook(undefined, mark, () => undefined)?.startedAt).to.equal(undefined);
  });

  it("was told to end its job when it was told so first", () => {
    const told = afterEndingJob({ ...known, toldToEndAt: undefined }, 9000);
    expect(told).to.deep.equal(known);
    expect(afterEndingJob(told, 9500)).to.deep.equal(known);
  });
});
