import { expect } from "chai";
import { AwsError } from "../../../../runtime/aws/error.ts";
import { act } from "../../../../runtime/functions/controller/act.ts";
import type { ControllerPlan } from "../../../../runtime/functions/controller/decide.ts";
import type { DemandStart } from "../../../../runtime/functions/controller/demand.ts";

const now = Date.UTC(2026, 4, 1, 12);
const at = new Date(now).toISOString();
const meter = { v: 1, month: "2026-05", begun: at, at, days: {}, fleets: {} } as const;
const start: DemandStart = {
  instanceId: "i-1",
  fleet: "cloud",
  availabilityZone: "a",
  job: { id: "7", wakes: 0 },
  reason: "job 7 waits",
};

const nothing: ControllerPlan = {
  power: {},
  start: [],
  resting: [],
  notStarted: [],
  recovered: [],
  failedWakes: [],
  assumptions: [],
};

/** The writes for job 7 and the starts, in order. */
async function acted(
  fails: Record<string, AwsError> = {},
  spares: readonly Omit<DemandStart, "job" | "reason">[] = [],
  plan: Partial<ControllerPlan> = { meter },
  at = now,
) {
  const done: unknown[] = [];
  const calls: string[] = [];
  const aws = (action: string, input: Record<string, unknown>) => {
    calls.push(action);
    const ids = input.InstanceId as string[] | undefined;
    const failure = fails[ids?.[0] ?? action];
    if (ids) done.push(ids);
    if (action === "dynamodb:UpdateItem") {
      const { ":wakes": wakes, ":wokenMachine": machine } = input.ExpressionAttributeValues as Record<
        string,
        { N?: string; S?: string } | undefined
      >;
      done.push([wakes?.N, machine?.S]);
    }
    return failure ? Promise.reject(failure) : Promise.resolve({});
  };
  const demand = {
    starts: [start],
    spares: [...spares],
    counts: { waiting: 1, unmatched: 0, leftAlone: 0, noMachine: 0 },
    fleets: {},
  };
  const outcome = await act(
    { ...nothing, demand, ...plan },
    { environment: "dev", demand: { table: "jobs", fleets: [] } },
    () => aws,
    at,
  );
  return {
    done,
    calls,
    started: outcome.started.map(({ instanceId }) => instanceId),
    failures: outcome.failures,
  };
}
const refusal = (code: string, status = 400) => new AwsError("x", status, code, "no");

describe("a machine that is started for a job", () => {
  it("is counted on the job before its start, so that a call that dies in between never starts too many", async () => {
    expect((await acted()).done).to.deep.equal([["1", "i-1"], ["i-1"]]);
  });

  it("is taken off the job's count if EC2 did not start it", async () => {
    const { done, started } = await acted({ "i-1": refusal("RequestLimitExceeded") });
    expect(done).to.deep.equal([["1", "i-1"], ["i-1"], ["0", ""]]);
    expect(started).to.deep.equal([]);
  });

  it("stays counted if it is unknown whether EC2 started it", async () => {
    for (const failure of [refusal("NoAnswer", 0), refusal("InternalError", 500)]) {
      const { done, started } = await acted({ "i-1": failure });
      expect(done).to.deep.equal([["1", "i-1"], ["i-1"]]);
      expect(started).to.deep.equal([]);
    }
    const { done } = await acted({ "i-1": refusal("RequestLimitExceeded", 503) });
    expect(done.at(-1), "throttled: it did not").to.deep.equal(["0", ""]);
  });

  it("is replaced on the job if another was started in its place", async () => {
    const spare = { instanceId: "i-2", fleet: "cloud", availabilityZone: "b" };
    const { done, started } = await acted({ "i-1": refusal("InsufficientInstanceCapacity", 500) }, [spare]);
    expect(done).to.deep.equal([["1", "i-1"], ["i-1"], ["i-2"], [undefined, "i-2"]]);
    expect(started).to.deep.equal(["i-2"]);
  });

  it("is not started if a concurrent controller has counted it, or it cannot be counted", async () => {
    const write = "dynamodb:UpdateItem";
    const behind = await acted({ [write]: refusal("ConditionalCheckFailedException") });
    expect(behind).to.deep.include({ done: [["1", "i-1"]], started: [], failures: [] });
    const broken = await acted({ [write]: refusal("InternalServerError", 500) });
    expect(broken.started).to.deep.equal([]);
    expect(broken.failures).to.have.lengthOf(1);
  });

  it("is taken off its job before another is counted, if EC2 did not carry out its start", async () => {
    const failedWakes = [{ id: "7", wakes: 1, wokenMachine: "i-0" }];
    const { done } = await acted({}, [], { failedWakes });
    expect(done).to.deep.equal([["0", ""], ["1", "i-1"], ["i-1"]]);
  });
});

describe("a machine whose last start failed", () => {
  const notStarted = [{ instanceId: "i-1", fleet: "cloud", why: "x", count: 3, lastAt: now }];
  const halfPast = now + 30 * 60_000;
  const tagging = "ec2:CreateTags";

  it("has that recorded before it is started again", async () => {
    const { calls } = await acted({}, [], { notStarted });
    expect(calls.filter((action) => action.startsWith("ec2:"))).to.deep.equal([
      tagging,
      "ec2:StartInstances",
    ]);
  });

  it("is not started if that cannot be recorded, and its job's wake is taken back, except once an hour", async () => {
    const fails = { [tagging]: refusal("UnauthorizedOperation", 403) };
    const { done, started, failures } = await acted(fails, [], { notStarted }, halfPast);
    expect([done, started]).to.deep.equal([
      [
        ["1", "i-1"],
        ["0", ""],
      ],
      [],
    ]);
    expect(failures).to.have.lengthOf(1);
    expect((await acted(fails, [], { notStarted })).started).to.deep.equal(["i-1"]);
  });

  it("does not prevent other machines from being started", async () => {
    const fails = { [tagging]: refusal("UnauthorizedOperation", 403) };
    const others = { notStarted: [{ ...notStarted[0]!, instanceId: "i-9" }] };
    expect((await acted(fails, [], others, halfPast)).started).to.deep.equal(["i-1"]);
  });
});

describe("a value that cannot be written", () => {
  const power = {
    a: { power: "off", by: "budget", reason: "spent" },
    b: { power: "off", by: "budget", reason: "spent" },
  } as const;

  it("does not prevent other writes, and the budget's comes first", async () => {
    const { calls, failures } = await acted({ "ssm:PutParameter": refusal("AccessDeniedException") }, [], {
      power,
      meter,
    });
    expect(calls.slice(0, 3)).to.deep.equal(["ssm:PutParameter", "ssm:PutParameter", "ssm:PutParameter"]);
    expect(calls).to.include.members(["dynamodb:UpdateItem", "ec2:StartInstances"]);
    expect(failures).to.have.lengthOf(3);
  });

  it("may be a meter with an amount that is not a number: the last record stays, and the failure is reported", async () => {
    const days = { "26": [NaN, 0, 0] } as const;
    const { calls, failures } = await acted({}, [], { power, meter: { ...meter, days } });
    expect(calls.filter((action) => action === "ssm:PutParameter")).to.have.lengthOf(2);
    expect(calls).to.include("ec2:StartInstances");
    expect(failures).to.have.lengthOf(1);
    expect(String(failures[0])).to.include("the costs of 26 are NaN, 0, 0 USD");
  });

  it("leaves the meter unchanged if it has nothing new", async () => {
    const { calls } = await acted({}, [], {});
    expect(calls).not.to.include("ssm:PutParameter");
  });
});
