import { expect } from "chai";
import fc from "fast-check";
import { AwsError } from "../../../../runtime/aws/error.ts";
import type { Spare, DemandStart } from "../../../../runtime/functions/controller/demand.ts";
import { idsPerCall, startMachines } from "../../../../runtime/functions/controller/start-for-jobs.ts";

function start(instanceId: string, availabilityZone = "a", fleet = "cloud"): DemandStart {
  return { instanceId, fleet, availabilityZone, job: { id: `job of ${instanceId}`, wakes: 0 }, reason: "" };
}
function spare(instanceId: string, availabilityZone = "a", fleet = "cloud"): Spare {
  return { instanceId, fleet, availabilityZone };
}

/** An EC2 that refuses every call which names one of these machines. */
function ec2(refusals: Record<string, string> = {}) {
  const calls: string[][] = [];
  const call = (_action: string, input: { InstanceId?: unknown }) => {
    const ids = input.InstanceId as string[];
    calls.push(ids);
    const code = ids.map((id) => refusals[id]).find((one) => one !== undefined);
    if (code === undefined) return Promise.resolve(undefined);
    const status = code === "InsufficientInstanceCapacity" ? 500 : 400;
    return Promise.reject(new AwsError("ec2:StartInstances", status, code, "no"));
  };
  return { call, calls };
}

const idsOf = (list: readonly { instanceId: string }[]) => list.map(({ instanceId }) => instanceId);

describe("starting machines", () => {
  it("takes one call for all of them", async () => {
    const { call, calls } = ec2();
    const starts = Array.from({ length: 50 }, (_, index) => start(`i-${index}`));
    expect(await startMachines({ starts, spares: [] }, call)).to.deep.equal({ started: starts, failed: [] });
    expect(calls).to.have.length(1);
  });

  it("takes a call for each 500 machines, and leaves refused ones to the next round", async () => {
    const starts = Array.from({ length: 1200 }, (_, index) => start(`i-${index}`));
    const all = ec2();
    expect((await startMachines({ starts, spares: [] }, all.call)).started).to.have.length(1200);
    expect(all.calls.map(({ length }) => length)).to.deep.equal([idsPerCall, idsPerCall, 200]);
    const throttled = ec2({ "i-1000": "RequestLimitExceeded" });
    const { started, failed } = await startMachines({ starts, spares: [] }, throttled.call);
    expect([started.length, failed.length]).to.deep.equal([1000, 200]);
  });

  it("takes no call for no machines", async () => {
    const { call, calls } = ec2();
    await startMachines({ starts: [], spares: [spare("i-1")] }, call);
    expect(calls).to.deep.equal([]);
  });

  it("halves the machines until only the one is left that cannot be started, and starts another in its place", async () => {
    const { call, calls } = ec2({ "i-2": "IncorrectInstanceState" });
    const { started, failed } = await startMachines(
      { starts: [start("i-1"), start("i-2"), start("i-3")], spares: [spare("i-4")] },
      call,
    );
    expect(calls).to.deep.equal([["i-1", "i-2", "i-3"], ["i-1", "i-2"], ["i-1"], ["i-2"], ["i-3"], ["i-4"]]);
    expect(idsOf(started)).to.deep.equal(["i-1", "i-3", "i-4"]);
    expect(started[2]!.job).to.deep.equal(start("i-2").job);
    expect(failed.map(({ instanceId, code }) => [instanceId, code])).to.deep.equal([
      ["i-2", "IncorrectInstanceState"],
    ]);
  });

  it("takes another machine of the fleet, in another zone, if a zone has no capacity", async () => {
    const { call, calls } = ec2({ "i-1": "InsufficientInstanceCapacity" });
    const { started, failed } = await startMachines(
      {
        starts: [start("i-1")],
        spares: [spare("i-2", "a"), spare("i-3", "b", "other"), spare("i-4", "b")],
      },
      call,
    );
    expect(calls).to.deep.equal([["i-1"], ["i-4"]]);
    expect(started).to.deep.equal([{ ...start("i-1"), instanceId: "i-4", availabilityZone: "b" }]);
    expect(idsOf(failed)).to.deep.equal(["i-1"]);
  });

  it("asks a zone without capacity once", async () => {
    const full = Object.fromEntries(["i-1", "i-2", "i-3"].map((id) => [id, "InsufficientInstanceCapacity"]));
    const { call, calls } = ec2(full);
    const starts = [start("i-1"), start("i-2"), start("i-3"), start("i-4", "b")];
    const { started, failed } = await startMachines({ starts, spares: [] }, call);
    expect(calls).to.deep.equal([["i-1", "i-2", "i-3", "i-4"], ["i-1"], ["i-4"]]);
    expect(idsOf(started)).to.deep.equal(["i-4"]);
    expect(idsOf(failed)).to.deep.equal(["i-1", "i-2", "i-3"]);
  });

  it("leaves to the next round what only time can solve", async () => {
    const { call, calls } = ec2({ "i-1": "RequestLimitExceeded" });
    const { started, failed } = await startMachines(
      { starts: [start("i-1"), start("i-2")], spares: [] },
      call,
    );
    expect(calls).to.have.length(1);
    expect([idsOf(started), idsOf(failed)]).to.deep.equal([[], ["i-1", "i-2"]]);
  });

  it("finds the one of 500 in some twenty calls", async () => {
    const { call, calls } = ec2({ "i-333": "IncorrectInstanceState" });
    const starts = Array.from({ length: 500 }, (_, index) => start(`i-${index}`));
    const { started } = await startMachines({ starts, spares: [] }, call);
    expect(started).to.have.length(499);
    expect(calls.length).to.be.at.most(20);
  });

  it("makes one call if it may not start any machine", async () => {
    const { call, calls } = ec2({ "i-1": "UnauthorizedOperation" });
    const { failed } = await startMachines(
      { starts: [start("i-1"), start("i-2")], spares: [spare("i-3")] },
      call,
    );
    expect(calls).to.have.length(1);
    expect(idsOf(failed)).to.deep.equal(["i-1", "i-2"]);
  });

  it("stops halving when EC2 throttles", async () => {
    const { call, calls } = ec2({ "i-1": "IncorrectInstanceState", "i-2": "RequestLimitExceeded" });
    const starts = [start("i-1"), start("i-2"), start("i-3")];
    const { failed } = await startMachines({ starts, spares: [] }, call);
    expect(calls).to.deep.equal([["i-1", "i-2", "i-3"], ["i-1", "i-2"], ["i-1"], ["i-2"]]);
    expect(idsOf(failed)).to.deep.equal(["i-1", "i-2", "i-3"]);
  });

  it("starts only machines that were decided, each once at most, and serves each job once at most", async () => {
    const code = fc.constantFrom(
      "InsufficientInstanceCapacity",
      "IncorrectInstanceState",
      "RequestLimitExceeded",
    );
    const zone = fc.constantFrom("a", "b", "c");
    await fc.assert(
      fc.asyncProperty(
        fc.array(zone, { maxLength: 6 }),
        fc.array(zone, { maxLength: 6 }),
        fc.dictionary(
          fc.integer({ min: 0, max: 11 }).map((one) => `i-${one}`),
          code,
        ),
        async (zones, others, refusals) => {
          const { call, calls } = ec2(refusals);
          const starts = zones.map((one, index) => start(`i-${index}`, one));
          const spares = others.map((one, index) => spare(`i-${index + zones.length}`, one));
          const { started, failed } = await startMachines({ starts, spares }, call);
          const known = idsOf([...starts, ...spares]);
          for (const id of calls.flat()) expect(known).to.include(id);
          expect(new Set(idsOf(started)).size).to.equal(started.length);
          expect(new Set(started.map(({ job }) => job.id)).size).to.equal(started.length);
          expect(started.length).to.be.at.most(starts.length);
          for (const id of idsOf(started)) expect(idsOf(failed)).not.to.include(id);
          expect(started.length + failed.length).to.be.at.least(starts.length);
        },
      ),
    );
  });
});
