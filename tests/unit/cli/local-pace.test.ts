import { expect } from "chai";
import { paceUnder } from "../../../cli/verbs/local/pace.ts";

describe("the pace of the local cloud while a long job is waited for", () => {
  const cases: [what: string, load: number, cores: number, pace: number][] = [
    ["is a minute in 100 ms where the computer has nothing else to do", 0, 2, 600],
    ["is as fast while there is a core for each process", 2, 2, 600],
    ["is halved where two processes wait for a core", 4, 2, 300],
    ["goes by the load of a core, not of the computer", 8, 16, 600],
    ["is a quarter of that at the least, or a test of hours would never end", 40, 2, 150],
  ];
  for (const [what, load, cores, pace] of cases) {
    it(what, () => {
      expect(paceUnder(load, cores)).to.equal(pace);
    });
  }
});
