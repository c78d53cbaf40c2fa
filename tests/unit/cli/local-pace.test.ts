import { expect } from "chai";
import { paceUnder } from "../../../cli/verbs/local/pace.ts";

describe("the pace of the local cloud during a long wait", () => {
  const cases: [what: string, load: number, cores: number, pace: number][] = [
    ["is a minute in 100 ms if the computer has nothing else to do", 0, 2, 600],
    ["is as fast while there is a core for each process", 2, 2, 600],
    ["is halved if two processes share a core", 4, 2, 300],
    ["depends on the load of a core, and not of the whole computer", 8, 16, 600],
    ["is at least a quarter of that, because a test of hours would take too long", 40, 2, 150],
  ];
  for (const [what, load, cores, pace] of cases) {
    it(what, () => {
      expect(paceUnder(load, cores)).to.equal(pace);
    });
  }
});
