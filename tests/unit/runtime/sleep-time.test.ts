import { expect } from "chai";
import fc from "fast-check";
import { sleepTime } from "../../../runtime/agent/sleep-time.ts";
import type { SleepRequest } from "../../../runtime/agent/sleep-time.ts";
import { fakeClock } from "./fixture.ts";

describe("the time at which a machine may sleep", () => {
  const pace = { spreadSeconds: 180, staySeconds: 300 };
  const minute = 60_000;
  const off: SleepRequest = { power: "off", idleMinutes: undefined, lastUsedAt: 0 };
  const on: SleepRequest = { ...off, power: "on" };
  const idle: SleepRequest = { ...on, idleMinutes: 20 };
  const drawn = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

  it("is within the spread after power is off, and does not move while power stays off", () => {
    fc.assert(
      fc.property(drawn, (random) => {
        const clock = fakeClock();
        const sleepAt = sleepTime(pace, clock, () => random);
        clock.advance(1_000_000);
        const moment = sleepAt(off);
        expect(moment).to.be.within(1_000_000, 1_180_000);
        clock.advance(5000);
        expect(sleepAt(off)).to.equal(moment);
      }),
    );
  });

  it("is drawn again when power is off again", () => {
    const clock = fakeClock();
    const sleepAt = sleepTime(pace, clock, () => 0);
    clock.advance(1_000_000);
    expect(sleepAt(off)).to.equal(1_000_000);
    expect(sleepAt(on)).to.equal(Infinity);
    clock.advance(1_000_000);
    expect(sleepAt(off)).to.equal(2_000_000);
  });

  it("never falls within a machine's first five minutes", () => {
    expect(sleepTime(pace, fakeClock(), () => 0)(off)).to.equal(300_000);
    expect(sleepTime(pace, fakeClock(), () => 0)({ ...idle, idleMinutes: 1 })).to.equal(300_000);
  });

  it("never comes while power is unknown, or is on without an idle timeout", () => {
    expect(sleepTime(pace, fakeClock(), () => 0)({ ...idle, power: undefined })).to.equal(Infinity);
    expect(sleepTime(pace, fakeClock(), () => 0)(on)).to.equal(Infinity);
  });

  it("comes the idle timeout after the last use, and within the spread", () => {
    fc.assert(
      fc.property(drawn, fc.nat(100 * minute), (random, lastUsedAt) => {
        const sleepAt = sleepTime(pace, fakeClock(), () => random);
        expect(sleepAt({ ...idle, lastUsedAt })).to.be.within(
          lastUsedAt + 20 * minute,
          lastUsedAt + 23 * minute,
        );
        expect(sleepAt({ ...idle, lastUsedAt: lastUsedAt + 7 })).to.equal(
          sleepAt({ ...idle, lastUsedAt }) + 7,
        );
      }),
    );
  });

  it("follows the desired state and not the idle timeout if power is off", () => {
    const clock = fakeClock();
    const sleepAt = sleepTime(pace, clock, () => 0);
    clock.advance(1_000_000);
    expect(sleepAt({ ...idle, power: "off", lastUsedAt: 999_000 })).to.equal(1_000_000);
  });
});
