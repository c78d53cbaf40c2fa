import { expect } from "chai";
import { createWritePace } from "../../../cli/clients/write-pace.ts";

describe("writes to GitHub", () => {
  /** The milliseconds at which writes are made that were requested at the given ones. */
  async function made(asked: readonly number[]): Promise<number[]> {
    let time = 0;
    const pace = createWritePace({
      now: () => time,
      sleep: (milliseconds) => {
        time += milliseconds;
        return Promise.resolve();
      },
    });
    const times: number[] = [];
    for (const at of asked) {
      time = Math.max(time, at);
      await pace.turn();
      times.push(time);
    }
    return times;
  }

  it("are made at once at first, and then a second apart", async () => {
    expect(await made(Array<number>(8).fill(0))).to.deep.equal([0, 0, 0, 0, 0, 1000, 2000, 3000]);
  });

  it("are made at once again after a pause, but never more than at first", async () => {
    const later = Array<number>(7).fill(60_000);
    expect(await made([0, 0, 0, 0, 0, 0, ...later])).to.deep.equal([
      ...[0, 0, 0, 0, 0, 1000],
      ...[60_000, 60_000, 60_000, 60_000, 60_000, 61_000, 62_000],
    ]);
  });

  it("never wait if they are a second apart anyway", async () => {
    const slowly = [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000];
    expect(await made(slowly)).to.deep.equal(slowly);
  });
});
