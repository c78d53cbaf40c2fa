import { expect } from "chai";
import { createAsyncCalls } from "../../../local/functions/async-calls.ts";
import type { AsyncCalls } from "../../../local/functions/async-calls.ts";
import { eventually } from "../../environment.ts";

const minute = 60_000;

describe("an asynchronous call of a function that fails", () => {
  let now = 0;
  let tries: number[];
  let calls: AsyncCalls;
  beforeEach(() => {
    now = 0;
    tries = [];
    const invoke = () => {
      tries.push(now);
      return Promise.reject(new Error("failed"));
    };
    calls = createAsyncCalls({ invoke }, { now: () => now });
  });
  afterEach(() => {
    calls.stop();
  });

  it("is retried after a minute and after two more, and then no more", async () => {
    await calls.send("f", {});
    for (const [at, count] of [
      [minute, 2],
      [3 * minute, 3],
    ] as const) {
      now = at;
      await eventually("it is retried", () => tries.length === count);
    }
    expect(tries).to.deep.equal([0, minute, 3 * minute]);
  });

  it("is retried once if configured so, and the next call is independent", async () => {
    calls.configure("f", { retries: 0, ageSeconds: 60 });
    await calls.send("f", {});
    await calls.send("other", {});
    now = minute;
    await eventually("the other one is retried", () => tries.length === 3);
    expect(tries).to.deep.equal([0, 0, minute]);
  });

  it("is given up once it is older than its maximum age", async () => {
    calls.configure("f", { ageSeconds: 60 });
    await calls.send("f", {});
    await calls.send("other", {});
    now = 2 * minute;
    await eventually("the other one is retried", () => tries.length === 3);
    expect(tries).to.deep.equal([0, 0, 2 * minute]);
  });
});
