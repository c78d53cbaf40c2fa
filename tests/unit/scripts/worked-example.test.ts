import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { controllerMetrics, machineMetrics, receiverMetrics } from "../../../contract/metrics.ts";
import { functionMemoryMb } from "../../../config/function-memory.ts";
import { estimateOf } from "../../../cli/cost/estimate.ts";
import { exampleConfiguration } from "../../../scripts/cost-example/example-configuration.ts";
import { platformLines, platformUsd } from "../../../cli/cost/platform.ts";
import { monthlyCosts, workedExample } from "../../../scripts/cost-example/worked-example.ts";
import { generatedSection } from "../../../scripts/generated-section.ts";

const nothing = { runners: 1, awakeHours: 0, jobs: 0, alarms: 0 };
const lineOf = (what: string, usage: typeof nothing) =>
  platformLines(usage).find((line) => line.what === what)!.usd;

describe("the cost around the machines", () => {
  it("is small if no machine is awake, and mostly CloudWatch's metrics", () => {
    const metrics = (Object.keys(controllerMetrics).length + Object.keys(receiverMetrics).length) * 0.3;
    expect(lineOf("metrics of the environment", nothing)).to.be.closeTo(metrics, 1e-9);
    expect(platformUsd(nothing)).to.be.within(metrics, metrics + 1);
  });

  it("equals a calculation by hand for the clock, the controller, the queue and the table", () => {
    expect(lineOf("clock", nothing)).to.be.closeTo(0.0438, 1e-9);
    expect(lineOf("controller", nothing)).to.be.closeTo(43_800 * (0.2e-6 + 0.25 * 13.3334e-6), 1e-9);
    expect(lineOf("queue", nothing)).to.be.closeTo((5 * 730 * 180 * 0.4) / 1e6, 1e-9);
    expect(lineOf("table", nothing)).to.be.closeTo((43_800 * 0.1525) / 1e6, 1e-9); // A consistent read by the controller takes a whole unit.
  });

  it("includes the memory that the stack gives the controller for the number of runners", () => {
    for (const runners of [500, 501, 2000, 100_000]) {
      const gigabytes = functionMemoryMb("controller", runners) / 1024;
      const all = lineOf("controller", { ...nothing, runners });
      expect(all, `${runners} runners`).to.be.closeTo(43_800 * (0.2e-6 + gigabytes * 13.3334e-6), 1e-9);
    }
    expect(lineOf("receiver", { ...nothing, runners: 2000, jobs: 100 })).to.equal(
      lineOf("receiver", { ...nothing, jobs: 100 }),
    );
  });

  it("grows with the hours awake, the jobs and the alarms", () => {
    for (const more of [{ awakeHours: 730 }, { jobs: 1000 }, { alarms: 1 }]) {
      expect(platformUsd({ ...nothing, ...more })).to.be.greaterThan(platformUsd(nothing));
    }
    expect(lineOf("metrics of machines", { ...nothing, awakeHours: 730 })).to.be.closeTo(
      Object.keys(machineMetrics).length * 0.3 + 0.438,
      1e-9,
    );
  });
});

describe("the worked example", () => {
  for (const runners of [1, 10, 50]) {
    it(`costs for ${runners} runners the estimate and the cost around the machines`, () => {
      const { total } = estimateOf("example", exampleConfiguration(runners));
      const month = monthlyCosts(runners);
      const machinesOf = (state: keyof typeof month) =>
        month[state].usd - month[state].parts.find(([what]) => what === "around them")![1];
      expect(machinesOf("asleep")).to.be.closeTo(total.asleepUsd, 1e-9);
      expect(machinesOf("working hours")).to.be.closeTo(total.workingHoursUsd, 1e-9);
      expect(machinesOf("always awake")).to.be.closeTo(total.alwaysAwakeUsd, 1e-9);
    });
  }

  it("is in docs/cost.md as computed from the tables of prices", () => {
    const document = readFileSync(join(import.meta.dirname, "../../../docs/cost.md"), "utf8");
    expect(
      generatedSection(document, "cost-example"),
      'run "npm run cost-example -- --write" and commit it',
    ).to.equal(workedExample());
  });
});
