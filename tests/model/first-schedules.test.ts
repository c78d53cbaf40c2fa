import { describeBroken } from "./replay.ts";
import { live } from "./schedule.ts";
import { planOf } from "./plan.ts";

const schedules = 2000;

describe("the model's first schedules", function () {
  this.timeout(300_000);

  it("keep every promise: a quick answer after a change of the agent", () => {
    for (let seed = 0; seed < schedules; seed++) {
      if (live(planOf(seed)).breaches.length > 0) throw new Error(describeBroken(seed));
    }
  });
});
