import { expect } from "chai";
import fc from "fast-check";
import { logBatches } from "../../../runtime/agent/log-batches.ts";

const hourMs = 3_600_000;
const now = Date.parse("2026-05-20T10:00:00Z");

describe("a batch of log events for CloudWatch", () => {
  const event = fc.record({
    timestamp: fc.integer({ min: now - 20 * 24 * hourMs, max: now + 5 * hourMs }),
    message: fc.string({ maxLength: 40 }),
  });

  it("is in order, spans less than a day, is neither too old nor too new, and leaves no event out", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const batches = logBatches(events, now);
        for (const batch of batches) {
          const times = batch.map(({ timestamp }) => timestamp);
          expect(times).to.deep.equal([...times].sort((a, b) => a - b));
          expect(times.at(-1)! - times[0]!).to.be.below(24 * hourMs);
          expect(times[0]).to.be.above(now - 14 * 24 * hourMs);
          expect(times.at(-1)).to.be.below(now + 2 * hourMs);
        }
        const messages = (all: readonly { message: string }[]) => all.map(({ message }) => message).sort();
        expect(messages(batches.flat())).to.deep.equal(messages(events));
      }),
    );
  });

  it("contains all events if they fit", () => {
    const events = [3, 1, 2].map((hour) => ({ timestamp: now - hour * hourMs, message: String(hour) }));
    expect(logBatches(events, now)).to.have.length(1);
    expect(logBatches([], now)).to.have.length(0);
  });

  it("has at most the bytes and events that CloudWatch accepts", () => {
    const large = Array.from({ length: 5 }, () => ({ timestamp: now, message: "ü".repeat(200_000) }));
    expect(logBatches(large, now).map(({ length }) => length)).to.deep.equal([2, 2, 1]);
    const many = Array.from({ length: 10_001 }, () => ({ timestamp: now, message: "x" }));
    expect(logBatches(many, now).map(({ length }) => length)).to.deep.equal([10_000, 1]);
  });
});
