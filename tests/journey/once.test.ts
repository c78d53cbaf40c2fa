import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { OnceReport } from "../../cli/verbs/local/once.ts";
import { eventually } from "../environment.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";
import type { Workplace } from "./command-line.ts";
import { longhaul, openWorkplace } from "./command-line.ts";

describe("longhaul local --once --json, as a user runs it", function () {
  this.timeout(600_000);
  let workplace: Workplace;

  before(async function () {
    this.timeout(toolsLimitMs);
    await findTools(); // The first search takes minutes, which are not part of the journey.
    workplace = await openWorkplace();
  });
  after(() => workplace.close());

  it("proves an environment with the 360-minute workflow, reports it in one JSON object, and leaves nothing behind", async () => {
    const command = workplace.start(process.execPath, longhaul, "local", "--once", "--json");
    // Otherwise, finding no process afterwards would prove nothing.
    await eventually("processes can be found while it runs", () => workplace.processes().length > 1);
    const { code, stdout, stderr } = await command.ended;

    expect(code, stderr).to.equal(0);
    const report = JSON.parse(stdout) as OnceReport; // Throws if anything else was printed.
    expect(report).to.have.all.keys("ok", "engine", "resources", "machines", "smoke", "destroyed", "seconds");
    expect(report).to.include({ ok: true, destroyed: true });
    expect(report.engine).to.match(/^v3\.\d+\.\d+$/);
    expect(report.resources).to.be.greaterThan(30);

    expect(report.machines.map(({ runner }) => runner)).to.deep.equal(["local-cloud-1", "local-cloud-2"]);
    for (const { runner, instanceId, bootSeconds, ...machine } of report.machines) {
      expect(instanceId, runner).to.match(/^i-[0-9a-f]{17}$/);
      expect(bootSeconds, runner).to.be.greaterThan(0);
      expect(machine, runner).to.deep.equal({
        online: true,
        inService: true,
        labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"],
      });
    }

    expect(report.smoke.map(({ minutes }) => minutes)).to.deep.equal([360, 2]);
    report.smoke.forEach(({ workflow, runUrl, expectedRunner, actualRunner, conclusion }, index) => {
      const { runner, instanceId } = report.machines[index]!;
      expect({ workflow, expectedRunner, actualRunner, conclusion }).to.deep.equal({
        workflow: "longhaul-smoke-local.yml",
        expectedRunner: `${runner}-${instanceId}`,
        actualRunner: `${runner}-${instanceId}`,
        conclusion: "success",
      });
      expect(runUrl).to.match(/^http:\/\/127\.0\.0\.1:\d+\/acme\/app\/actions\/runs\/\d+$/);
    });
    expect(report.seconds).to.have.all.keys("engine", "cloud", "up", "smoke", "destroy", "total");
    for (const [step, seconds] of Object.entries(report.seconds)) expect(seconds, step).to.be.a("number");

    expect(stderr)
      .to.match(/ s {2}machine local-cloud-1-\w+ launched\n/)
      .and.match(/ s {2}smoke test of 360 minutes on local-cloud-1-\S+: success/)
      .and.match(/ s {2}destroyed in /);
    await eventually("no process is left behind", () => workplace.processes().length === 0);
    expect(await readdir(workplace.folder), "files left behind").to.deep.equal([]);
  });

  it("does the same for an organisation's runners, and for a user with own credentials in the shell", async () => {
    const config = {
      "longhaul:aws": { account: "000000000000", region: "us-east-1" },
      "longhaul:github": { organization: "acme" },
      "longhaul:fleets": { cloud: { runners: 1 } },
      "longhaul:smokeTest": { minutes: 2, repository: "app" },
    };
    const file = join(workplace.folder, "organisation.yaml");
    await writeFile(file, stringify({ config }));
    const own = [
      "AWS_PROFILE=production",
      "AWS_SESSION_TOKEN=real",
      "AWS_ENDPOINT_URL_SSM=http://127.0.0.1:9",
      "GITHUB_APP_ID=7",
      "PULUMI_CONFIG_PASSPHRASE_FILE=/nowhere",
    ];
    const words = [process.execPath, longhaul, "local", "--once", "--json", "--config", file];
    const { code, stdout, stderr } = await workplace.start("env", ...own, ...words).ended;
    expect(code, stderr).to.equal(0);
    const { ok, smoke } = JSON.parse(stdout) as OnceReport;
    expect(ok).to.equal(true);
    expect(smoke.map(({ conclusion }) => conclusion)).to.deep.equal(["success"]);
    await rm(file);
  });
});
