import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { stackFile } from "../../local/engine/local-stack.ts";
import type { RotationReport } from "../../cli/rotate/rotate.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import type { Ended } from "./command-line.ts";
import { longhaul } from "./command-line.ts";
import { entryOf, instanceOf, oneRunner, rosterOf, runner } from "./one-runner.ts";
import { tamperTarball } from "./tampered-tarball.ts";

/*
 * `longhaul rotate`, as an operator runs it in a shell with the variables of
 * `local env`. Each test continues where the one before ended.
 */
describe("longhaul rotate, as an operator runs it", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
    // Without the smoke test's job the machine is idle, and leaves as soon as it may.
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
  });
  after(() => environment.close());

  const project = () => join(environment.cloud.dir, "project");
  const text = () => readFile(join(project(), stackFile), "utf8");
  const generations = async () => {
    const { config } = parse(await text()) as {
      config: { "longhaul:fleets": { cloud: { generations?: Record<string, number> } } };
    };
    return config["longhaul:fleets"].cloud.generations;
  };
  const isRunning = (instanceId: string) => instanceOf(environment, instanceId).state === "running";

  function rotate(...words: string[]) {
    const child = spawn(process.execPath, [longhaul, "rotate", ...words, "--cwd", project(), "--json"], {
      env: { ...environment.cloud.environment, PULUMI_STACK: "local" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (more: string) => (stdout += more));
    child.stderr.setEncoding("utf8").on("data", (more: string) => (stderr += more));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject).once("close", (code) => {
        resolve({ code, stdout, stderr });
      });
    });
    return {
      ended,
      printed: () => stderr,
      /** As in a terminal, the whole process group gets the signal. */
      pressCtrlC: () => process.kill(-child.pid!, "SIGINT"),
    };
  }

  it("brings a new machine into service for an idle runner, and the old one ends itself", async () => {
    const [old] = rosterOf(environment);
    const { code, stdout, stderr } = await rotate("--runner", runner, "--yes").ended;
    expect(code, stderr).to.equal(0);
    const report = JSON.parse(stdout) as RotationReport;
    expect(report.state).to.equal("finished");
    expect(report.batches[0]!.steps[0]).to.deep.include({ runner, from: 1, to: 2, machine: old });

    const [current] = rosterOf(environment);
    expect(current).to.not.equal(old);
    expect(entryOf(environment, current!)!.customLabels).to.include("cloud");
    expect(await generations()).to.deep.equal({ 1: 2 });
    await eventually(
      "the old machine has ended itself",
      () => instanceOf(environment, old!).state === "terminated",
    );
  });

  it("leaves the old machine in service and the stack file as it was when the new one does not come up", async () => {
    const [serving] = rosterOf(environment);
    const before = await text();
    const restore = tamperTarball(environment);
    const { code, stderr } = await rotate("--all", "--yes").ended;
    restore();
    expect(code, stderr).to.equal(1);
    expect(stderr)
      .to.include("boot-failed")
      .and.include("The batch was taken back")
      .and.include("longhaul rotate --stack local --resume");
    expect(await text()).to.equal(before);
    expect(rosterOf(environment)).to.deep.equal([serving]);
    expect(isRunning(serving!)).to.equal(true);
    expect(entryOf(environment, serving!)!.customLabels).to.include("cloud");
  });

  it("continues after Ctrl-C with the machine that it had begun", async () => {
    const [serving] = rosterOf(environment);
    const command = rotate("--all", "--yes"); // The command is the same as before: it tries again.
    await eventually("the new machine is launched", () => / launched$/m.test(command.printed()));
    command.pressCtrlC();
    const { code, stderr } = await command.ended;
    expect(code, stderr).to.equal(3);
    expect(stderr).to.include("Interrupted at local-cloud-1 (generation 2 → 3)");
    expect(rosterOf(environment)).to.deep.equal([serving]);
    const launched = Object.keys(environment.cloud.aws.account.instances).length;

    const resumed = await rotate("--resume").ended;
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(await generations()).to.deep.equal({ 1: 3 });
    expect(rosterOf(environment)).to.not.deep.equal([serving]);
    expect(Object.keys(environment.cloud.aws.account.instances), "no other machine").to.have.length(launched);
    expect((await environment.preview()).changeSummary).to.not.have.any.keys("create", "update", "delete");
  });
});
