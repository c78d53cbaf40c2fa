import { readdirSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { endProcesses, findProcesses } from "../../../local/machines/processes.ts";
import { watchIncidents } from "../../../runtime/agent/incidents.ts";
import { runnerLogs } from "../../../runtime/agent/runner-logs.ts";
import { fakeClock } from "../../unit/runtime/fixture.ts";
import type { RunnerSite } from "./runner-fixture.ts";
import { jobOf, oneStep, openRunnerSite, until } from "./runner-fixture.ts";

describe("the output of a job on the stand-in runner", () => {
  let site: RunnerSite;
  beforeEach(async () => {
    site = await openRunnerSite();
    site.register();
    const say = `printf '{"jobID":"job",%s}\\n'`;
    const words = `"raw_output":true,"msg":"hello","stage":"Main","stepID":["0"]`;
    writeFileSync(
      `${site.environment.LONGHAUL_TEST!}/act`,
      `#!/bin/bash\n${say} '${words}'\n${say} '"jobResult":"success"'\n`,
    );
  });
  afterEach(async () => {
    const mark = `LONGHAUL_TEST=${site.environment.LONGHAUL_TEST!}`;
    await endProcesses(() => findProcesses((entries) => entries.includes(mark)));
    await site.close();
  });

  const left = (folder: string) => readdirSync(`${site.root}/_diag/${folder}`).length;
  const runJob = async (changes: Record<string, string> = {}) => {
    const listener = site.listen(changes);
    await until("the listener to listen", () => listener.output().includes("Listening for Jobs"));
    site.github.job = jobOf(site.github, oneStep);
    site.github.send("RunnerJobRequest", { requestId: "r1" });
    await until("the job's end", () => site.github.result);
  };

  it("is removed from the disk once it is uploaded", async () => {
    await runJob();
    expect([left("pages"), left("blocks")]).to.deep.equal([0, 0]);
  });

  it("stays on the disk while GitHub's storage cannot be reached, until the agent removes it", async () => {
    await runJob({ LONGHAUL_RUNNER_STORAGE: "blocked" });
    expect([left("pages"), left("blocks")]).to.deep.equal([0, 1]);
    const clock = { ...fakeClock(), now: () => Date.now() + 60_000 };
    const incidents = watchIncidents(clock, () => undefined);
    const full = () => ({ total: 100, used: 100, free: 0 });
    runnerLogs(`${site.root}/_diag`, clock, incidents, full).look(undefined);
    expect(left("blocks")).to.equal(0);
    expect(incidents.detail()).to.include("_diag");
  });
});
