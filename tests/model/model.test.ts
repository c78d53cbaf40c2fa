import { expect } from "chai";
import type { Breach, Tally } from "./breaches.ts";
import { found } from "./found.ts";
import { liveMany } from "./many.ts";
import { planOf } from "./plan.ts";
import { describeBroken, formatSeed, parseSeed, shorten } from "./replay.ts";
import { live } from "./schedule.ts";
import { mutants } from "./variants.ts";

const schedules = 20_000;
/**
 * The same seed each time, so that a change is judged by its effect. The
 * nightly workflow lives through 100,000 other schedules.
 */
const usualSeed = "00000000";

/** Events that happen never or rarely: settle meets a running machine only in a race of seconds. */
const seldom = ["settle", "cancelled", "cancelledByUs"];

/**
 * Every other kind of event must have happened in this many schedules:
 * schedules prove nothing about what never occurs.
 */
function happened({ decisions, powerOffs, ...counts }: Tally): [string, number][] {
  return Object.entries({ ...counts, ...decisions, ...powerOffs }).filter(([what]) => !seldom.includes(what));
}

describe("a model of the machine's life", function () {
  this.timeout(600_000);

  it(`keeps every promise in ${schedules.toLocaleString("en")} schedules`, async () => {
    const seed = process.env.LONGHAUL_SEED ?? usualSeed;
    const first = parseSeed(seed);
    if (first === undefined)
      throw new Error(`LONGHAUL_SEED takes up to eight hexadecimal digits; it is "${seed}".`);
    const { broken, tally } = await liveMany({ first, count: schedules });
    console.log(`      seed ${formatSeed(first)}: ${JSON.stringify(tally)}`);
    if (broken[0]) throw new Error(`${broken.length} of them are broken.\n${describeBroken(broken[0].seed)}`);
    for (const [what, count] of happened(tally)) expect(count, what).to.be.above(schedules / 1000);
    expect(tally.cancelledByUs, "cancelled by three machines that left one after the other").to.be.below(
      schedules / 1000,
    );
  });

  for (const { seed, fault } of found) {
    it(`keeps every promise in schedule ${formatSeed(seed)}, in which once ${fault}`, () => {
      if (live(planOf(seed)).breaches.length > 0) throw new Error(describeBroken(seed));
    });
  }

  it("lives the same life for the same seed", () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(live(planOf(seed), { traced: true })).to.deep.equal(live(planOf(seed), { traced: true }));
    }
  });

  it("loses nothing by leaving out the looks that would see what the last one saw", () => {
    for (let seed = 0; seed < 50; seed++) {
      const plan = { ...planOf(seed), temptation: 0, lookMs: 0 };
      const events = (everyLook: boolean) =>
        live({ ...plan, everyLook }, { traced: true })
          .trace.filter(({ text }) => !/^(stay|register|sleep|retire),/.test(text))
          .map(({ at, text }) => `${at} ${text}`);
      expect(events(false)).to.deep.equal(events(true));
    }
  });

  describe("finds a missing protection, so it can fail: a machine that", () => {
    /**
     * The number of schedules that each may need, several times what it did need,
     * and the kind of promise that is broken then.
     */
    const expected: Record<keyof typeof mutants, [within: number, kind: Breach["kind"]]> = {
      "ends the listener right after the freeze, without a second look": [10_000, "lost"],
      "trusts GitHub's busy flag instead of looking": [2000, "lost"],
      "ends the listener politely": [40_000, "lost"],
      "does not wait until it has been quiet": [10_000, "lost"],
      "ends its agent when it has asked for its power-off": [2000, "lost"],
      "starts its listener although its boot timer has run out": [10_000, "lost"],
      "retires when both lists are empty": [1000, "ended"],
      "ends a job for a limit that only warns": [1000, "lost"],
      "is not started when the reason for which it sleeps is over": [1000, "asleep"],
      "removes the entry of a machine that is not found": [1000, "lost"],
    };
    for (const [title, variant] of Object.entries(mutants)) {
      const [within, kind] = expected[title as keyof typeof mutants];
      it(title, () => {
        const breaks = (seed: number) => live(planOf(seed), { variant }).breaches[0]?.kind === kind;
        let seed = 0;
        while (seed < within && !breaks(seed)) seed++;
        expect(seed, `schedules without a breach of the kind "${kind}"`).to.be.below(within);
        const short = shorten(planOf(seed), variant);
        expect(live(short, { variant }).breaches[0]?.kind).to.equal(kind);
        expect(short.happenings.length).to.be.at.most(planOf(seed).happenings.length);
        expect(describeBroken(seed, variant)).to.match(
          /--model 1 --seed [0-9a-f]{8}\n[^]*found\.ts[^]*BREACH/,
        );
      });
    }
  });
});
