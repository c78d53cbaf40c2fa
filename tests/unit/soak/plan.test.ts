import { expect } from "chai";
import fc from "fast-check";
import type { Act } from "../../soak/plan.ts";
import { planLaps } from "../../soak/plan.ts";

const roundsOf = (rounds: number, seed: string) =>
  planLaps(rounds, seed).flatMap(({ own, end }) => [...own.flat(), ...end.rounds]);

describe("the plan of a soak", () => {
  it("has the requested number of rounds, each with its own job", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.string(), (count, seed) => {
        const numbers = roundsOf(count, seed).map(({ number }) => number);
        expect(numbers.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1));
      }),
      { numRuns: 50 },
    );
  });

  it("is the same for the same seed, and different for another", () => {
    expect(planLaps(60, "one")).to.deep.equal(planLaps(60, "one"));
    expect(planLaps(60, "one")).to.not.deep.equal(planLaps(60, "two"));
  });

  it("drops a machine from its lists only in the last of its own rounds, because it may be gone after that", () => {
    for (const { own } of planLaps(200, "any"))
      for (const rounds of own)
        expect(rounds.slice(0, -1).map(({ act }) => act)).to.deep.equal(rounds.slice(1).map(() => "sleep"));
  });

  it("has in 200 rounds every cause for a machine to leave, at every instant", () => {
    const rounds = roundsOf(200, "any");
    const acts: Act[] = ["sleep", "recall", "retire", "replace", "destroy"];
    expect(new Set(rounds.map(({ act }) => act))).to.have.all.keys(...acts);
    const instants = ["change", "leaving", "ended", "off", "started", "session", "completed"];
    expect(new Set(rounds.map(({ aim }) => aim.instant))).to.have.all.keys(...instants);
  });
});
