import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exampleConfiguration } from "../../scripts/cost-example/example-configuration.ts";
import { estimateOf } from "../../cli/cost/estimate.ts";
import { generatedSection } from "../../scripts/generated-section.ts";
import type { Arrival } from "../../scripts/simulation/arrivals.ts";
import { patterns } from "../../scripts/simulation/arrivals.ts";
import { modelSeconds, simulateFleet } from "../../scripts/simulation/fleet.ts";
import { idleTimeouts } from "../../scripts/simulation/idle-timeouts.ts";
import { seededRandom } from "../../scripts/simulation/random.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Four weeks from a Monday on. */
const span = { from: Date.parse("2027-02-01T00:00:00Z"), to: Date.parse("2027-03-01T00:00:00Z") };
const averageMonth = 730 / ((span.to - span.from) / hour);
const wakeMs = (modelSeconds.hint + modelSeconds.boot) * 1000;

function simulate(runners: number, autoShutdown: object, arrivals: readonly Arrival[]) {
  const configuration = exampleConfiguration(runners, autoShutdown);
  return { configuration, ...simulateFleet({ configuration, arrivals, span, random: seededRandom(1) }) };
}
const jobAt = (hours: number, runsMs = hour): Arrival => ({
  queuedAt: span.from + hours * hour + 7000,
  runsMs,
});

describe("a simulated fleet", () => {
  it("costs what the estimate says where it is always awake", () => {
    const { configuration, usd } = simulate(3, { minimumAwake: 3 }, []);
    const estimate = estimateOf("example", configuration).total;
    expect(usd * averageMonth).to.be.closeTo(estimate.alwaysAwakeUsd, 0.01);
  });

  it("costs its disks where no job comes, and one wake of each machine a week", () => {
    const { configuration, usd, wakes, busyHours } = simulate(2, { idleMinutes: 5 }, []);
    const estimate = estimateOf("example", configuration).total;
    expect(usd * averageMonth).to.be.within(estimate.asleepUsd, estimate.asleepUsd * 1.02);
    expect(wakes).to.equal(6);
    expect(busyHours).to.equal(0);
  });

  it("makes a job wait for a boot, and the next one not at all while the limit lasts", () => {
    const { waits, wakes } = simulate(1, { idleMinutes: 60 }, [jobAt(1), jobAt(2.5), jobAt(6)]);
    expect(waits).to.deep.equal([wakeMs, 0, wakeMs]);
    expect(wakes - 2).to.equal(3); // Two weeks without a job follow.
  });

  it("makes a job wait for another's end if all machines are busy", () => {
    const { waits } = simulate(1, { idleMinutes: 5 }, [jobAt(1), jobAt(1.5)]);
    expect(waits).to.deep.equal([wakeMs, hour / 2 + wakeMs]);
  });

  it("lets a machine that has just left meet its own old session", () => {
    const left = simulate(1, { idleMinutes: 5 }, [jobAt(1)]);
    expect(left.awakeHours).to.be.lessThan(4 * 2);
    const waits = [6, 7, 8, 9, 10].map((minutes) => {
      const next = { queuedAt: span.from + 2 * hour + 7000 + wakeMs + minutes * minute, runsMs: hour };
      return simulate(1, { idleMinutes: 5 }, [jobAt(1), next]).waits[1]!;
    });
    expect(Math.max(...waits)).to.be.within(wakeMs + minute, modelSeconds.lingeringSession * 1000 + minute);
  });

  it("loses no job and gives none to two machines, whenever they arrive", () => {
    for (const pattern of patterns) {
      const arrivals = pattern.arrivals(span, seededRandom(7));
      const { waits, busyHours, awakeHours } = simulate(10, { idleMinutes: 10 }, arrivals);
      expect(waits, pattern.name).to.have.length(arrivals.length);
      const asked = arrivals.reduce((sum, { runsMs }) => sum + runsMs, 0) / hour;
      expect(busyHours).to.be.within(asked * 0.9, asked + 1e-6);
      expect(awakeHours).to.be.greaterThan(busyHours);
    }
  });
});

describe("the table of idle timeouts", () => {
  it("is in docs/sleep-and-wake.md as the simulation makes it", function () {
    this.timeout(60_000);
    const document = readFileSync(join(import.meta.dirname, "../../docs/sleep-and-wake.md"), "utf8");
    expect(
      generatedSection(document, "simulate"),
      'run "npm run simulate -- --write" and commit it',
    ).to.equal(idleTimeouts());
  });
});
