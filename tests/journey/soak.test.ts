import { expect } from "chai";
import { toolsLimitMs } from "../find-tools.ts";
import { carelessAgent } from "../soak/careless-agent.ts";
import type { SoakReport } from "../soak/rounds.ts";
import { soakRounds } from "../soak/rounds.ts";

/* Short soaks, of seeds that have something of everything. `npm run soak` plays more rounds. */
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

  it("finds the jobs that an agent loses which does not freeze its listener and look again, and tells their story", async () => {
    const { lost } = await soak(3, "brisk", await carelessAgent("decide"));
    expect(lost).to.be.greaterThan(0);
    expect(said.join("\n"))
      .to.match(/LOST in round \d+: \w+, a job \d+ ms after "\w+" of i-\w+/)
      // longhaul-shutdown still tells the worker that is left, so the job has an end at GitHub.
      .and.match(/log of the job:\n( +.*\n)*? +.*The runner has received a shutdown signal/)
      // Not which words: which of its agents loses the job, and where, is for the load on the computer to say.
      .and.match(/journal of the agent:\n( +.*\n)*? +.*\b(starting|idle|leaving)\b/);
  });
});
