import { expect } from "chai";
import { toolsLimitMs } from "../find-tools.ts";
import { carelessAgent } from "../soak/careless-agent.ts";
import type { SoakReport } from "../soak/rounds.ts";
import { soakRounds } from "../soak/rounds.ts";

/*
 * Short soaks, with seeds that contain every kind of round. `npm run soak`
 * plays more rounds.
 */
describe("a soak", function () {
  this.timeout(toolsLimitMs);
  let said: string[] = [];
  const soak = (rounds: number, seed: string, agent?: string): Promise<SoakReport> => {
    said = [];
    const say = (line: string) => {
      said.push(line);
    };
    return soakRounds({ rounds, seed, say, ...(agent !== undefined && { agent }) });
  };

  it("loses no job around machines that sleep, are dropped, recalled, replaced and destroyed", async () => {
    const report = await soak(6, "rushed");
    expect(report, said.join("\n")).to.include({ rounds: 6, lost: 0, seed: "rushed" });
    expect(report.jobs).to.be.at.least(6);
  });

  it("finds the jobs that an agent loses which neither freezes its listener nor looks again, and prints their story", async () => {
    const { lost } = await soak(3, "brisk", await carelessAgent("decide"));
    expect(lost).to.be.greaterThan(0);
    expect(said.join("\n"))
      .to.match(/LOST in round \d+: \w+, a job \d+ ms after "\w+" of i-\w+/)
      // longhaul-shutdown still ends the remaining worker, so the job has an end at GitHub.
      .and.match(/log of the job:\n( +.*\n)*? +.*The runner has received a shutdown signal/)
      // The test does not check which words: the load on the computer decides which
      // of the agents loses the job, and where.
      .and.match(/journal of the agent:\n( +.*\n)*? +.*\b(starting|idle|leaving)\b/);
  });
});
