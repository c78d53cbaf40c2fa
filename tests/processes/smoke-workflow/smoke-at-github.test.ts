import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "chai";
import { startGithub } from "../../local/github/cloud.ts";

const workflow = createRequire(import.meta.url).resolve("#smoke-workflow");

describe("the smoke workflow at GitHub", () => {
  it("runs on the machine's own label with its time limit, and names runner and nonce in its title", async () => {
    const { github, close } = await startGithub();
    try {
      github.push("acme/app", ".github/workflows/longhaul-smoke.yml", readFileSync(workflow, "utf8"));
      const inputs = { runner: "dev-cloud-1-i-0abc", minutes: "2", timeout_minutes: "32", nonce: "n-42" };
      const run = github.dispatch("acme/app", "longhaul-smoke.yml", inputs);
      expect(run.title).to.equal("Longhaul smoke test of dev-cloud-1-i-0abc (n-42)");
      expect(run.jobs).to.have.length(1);
      expect(run.jobs[0]).to.deep.include({
        labels: ["dev-cloud-1-i-0abc"],
        timeoutMinutes: 32,
      });
    } finally {
      await close();
    }
  });

  it("holds a machine for 360 minutes, with a time limit of 390, by default", async () => {
    const { github, close } = await startGithub();
    try {
      github.push("acme/app", ".github/workflows/longhaul-smoke.yml", readFileSync(workflow, "utf8"));
      const run = github.dispatch("acme/app", "longhaul-smoke.yml", { runner: "r" });
      expect(run.jobs[0]).to.include({ timeoutMinutes: 390 });
      expect(run.inputs.minutes).to.equal("360");
    } finally {
      await close();
    }
  });
});
