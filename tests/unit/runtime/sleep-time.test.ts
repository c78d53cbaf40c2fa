import { expect } from "chai";
import fc from "fast-check";
import { sleepTime } from "../../../runtime/agent/sleep-time.ts";
import { fakeClock } from "./fixture.ts";

describe("the moment when a machine may sleep", () => {
  const pace = { spreadSeconds: 180, staySeconds: 300 };

  it("is within the spread after the wish, and stays where it is as the wish lasts", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (drawn) => {
        const clock = fakeClock();
        const sleepAt = sleepTime(pace, clock, () => drawn);
        clock.advance(1_000_000);
        const moment = sleepAt("off");
        expect(moment).to.be.within(1_000_000, 1_180_000);
        clock.advance(5000);
        expect(sleepAt("off")).to.equal(moment);
      }),
    );
  });

  it("is drawn anew when the wish comes back", () => {
    const clock = fakeClock();
    const sleepAt = sleepTime(pace, clock, () => 0);
    clock.advance(1_000_000);
    expect(sleepAt("off")).to.equal(1_000_000);
    expect(sleepAt("on")).to.equal(Infinity);
    clock.advance(1_000_000);
    expect(sleepAt("off")).to.equal(2_000_000);
  });

  it("never comes within the first minutes of a machine", () => {
    expect(sleepTime(pace, fakeClock(), () => 0)("off")).to.equal(300_000);
  });

  it("never comes while power was not read", () => {
    expect(sleepTime(pace, fakeClock(), () => 0)(undefined)).to.equal(Infinity);
  });
});
