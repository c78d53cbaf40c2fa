import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { readClock } from "../../local/clock.ts";
import type { LocalMachine } from "../../cli/verbs/local/machines.ts";
import { eventually } from "../environment.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";
import type { Running, Workplace } from "./command-line.ts";
import { longhaul, openWorkplace, project } from "./command-line.ts";

/*
 * An environment that stays on the user's computer until it is taken down:
 * `longhaul local` and its verbs, in the order in which a user tries them. Each
 * test continues where the one before ended.
 */
describe("longhaul local, as a user runs it", function () {
  this.timeout(600_000);
  let workplace: Workplace;
  /** Folders of two clouds. */
  let first: string;
  let second: string;
  let machine: LocalMachine;
  let down: Running;

  before(async function () {
    this.timeout(toolsLimitMs);
    await findTools();
    workplace = await openWorkplace();
    [first, second] = ["first", "second"].map((name) => join(workplace.folder, name)) as [string, string];
    await writeFile(join(workplace.folder, "small.yaml"), stackFileWith({ minutes: 30 }));
    await writeFile(join(workplace.folder, "smallest.yaml"), stackFileWith({ minutes: 2 }));
  });
  after(() => workplace.close());

  const stackFileWith = (smokeTest: object) =>
    stringify({
      config: {
        "longhaul:aws": { account: "000000000000", region: "us-east-1" },
        "longhaul:github": { repository: "acme/app" },
        "longhaul:fleets": { cloud: { runners: 1 } },
        "longhaul:smokeTest": smokeTest,
      },
    });
  const up = (dir: string, file: string) =>
    [longhaul, "local", "--dir", dir, "--config", join(workplace.folder, file)] as const;
  const status = async (dir: string) => {
    const { code, stdout, stderr } = await workplace.local("--dir", dir, "status", "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as { running: boolean; machines: LocalMachine[] };
  };

  it("Ctrl-C while it follows the run leaves the environment as it is, its clock at its own pace", async () => {
    const command = workplace.start(process.execPath, ...up(first, "small.yaml"));
    await command.printed(/Minute \d+ of 30 on local-cloud-1-/);
    expect(readClock(join(first, "clock")).factor, "while it follows").to.be.greaterThan(1);
    command.pressCtrlC();
    const { code, stdout } = await command.ended;
    expect(code, stdout).to.equal(130);
    expect(stdout).to.include("the environment stays as it is");
    expect(readClock(join(first, "clock")).factor).to.equal(1);

    const { running, machines } = await status(first);
    expect(running).to.equal(true);
    expect(machines).to.have.length(1);
    machine = machines[0]!;
    expect(machine).to.deep.include({
      runner: "local-cloud-1",
      instanceState: "running",
      online: true,
      inService: true,
      labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"],
    });
  });

  it("env is all that a plain pulumi needs to see the stack", async () => {
    const lines = [
      'eval "$("$NODE" "$LONGHAUL" local --dir "$DIR" env)"',
      "pulumi stack ls --json", // The engine that longhaul found, on PATH or not.
      "echo ---",
      // An engine that was built from its module has no host for the program's language.
      "if command -v pulumi-language-nodejs >&2; then pulumi preview >&2; fi",
      "pulumi stack output --json", // The stack is the one that PULUMI_STACK names, as for longhaul's verbs.
    ];
    const variables = { NODE: process.execPath, LONGHAUL: longhaul, DIR: first };
    const before = readFileSync(join(project, "Pulumi.local.yaml"), "utf8");
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const shell = workplace.start("env", ...words, "bash", "-euc", lines.join("\n"));
    const { code, stdout, stderr } = await shell.ended;
    expect(code, stderr).to.equal(0);
    const [list, outputs] = stdout.split("---\n").map((text) => JSON.parse(text) as unknown);
    expect(list).to.have.length(1);
    expect(list).to.have.nested.property("[0].name", "local");
    expect(outputs).to.have.nested.property("machines[0].instanceId", machine.instanceId);
    expect(readFileSync(join(project, "Pulumi.local.yaml"), "utf8"), "the checkout's file").to.equal(before);
  });

  it("the same command again has nothing to change, and follows the run to its success", async () => {
    const { code, stdout } = await workplace.start(process.execPath, ...up(first, "small.yaml")).ended;
    expect(code, stdout).to.equal(0);
    expect(stdout)
      .to.match(/running since before/)
      .and.match(/up: nothing to change in \d+ resources/);
    expect(stdout).to.match(/smoke test of 30 minutes on local-cloud-1-\S+: success/);
    expect((await status(first)).machines.map(({ instanceId }) => instanceId)).to.deep.equal([
      machine.instanceId,
    ]);
  });

  it("a second cloud runs beside it, in another folder", async () => {
    const { code, stdout } = await workplace.start(process.execPath, ...up(second, "smallest.yaml")).ended;
    expect(code, stdout).to.equal(0);
    const [other] = (await status(second)).machines;
    expect(other).to.include({ runner: machine.runner, inService: true });
    expect(other!.instanceId).to.not.equal(machine.instanceId);
    expect((await status(first)).machines).to.have.nested.property("[0].instanceId", machine.instanceId);
  });

  it("a cloud that is killed takes its machines with it, and down clears its folder", async () => {
    const [cloud] = workplace.processes().filter((pid) => isCloudOf(second, pid));
    expect(workplace.processes(join(second, "machines")), "machines before").to.not.deep.equal([]);
    process.kill(cloud!, "SIGKILL");
    await eventually(
      "its machines have ended",
      () => workplace.processes(join(second, "machines")).length === 0,
    );
    expect(await status(second)).to.deep.equal({ running: false, machines: [] });

    const { code, stderr } = await workplace.local("--dir", second, "down");
    expect(code, stderr).to.equal(0);
    expect(existsSync(second)).to.equal(false);
    expect((await status(first)).machines, "the other cloud's").to.have.length(1);
  });

  it("down says which machine it waits for while one does not leave", async () => {
    const agents = workplace.processes(join(first, "machines")).filter(isAgent);
    expect(agents).to.have.length(1);
    // The agent neither reads that its fleet is closing nor leaves.
    process.kill(agents[0]!, "SIGSTOP");
    down = workplace.start(process.execPath, longhaul, "local", "--dir", first, "down");
    const named = `local-cloud-1-${machine.instanceId} \\(running`;
    await down.printed(new RegExp(`waiting for ${named}.*which deletes local-cloud-\\S+-guard`));
    process.kill(agents[0]!, "SIGCONT");
  });

  it("down destroys the environment, ends the cloud and deletes its folder", async () => {
    const { code, stdout, stderr } = await down.ended;
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.include("the environment is destroyed");
    expect(existsSync(first)).to.equal(false);
    await eventually("no process is left behind", () => workplace.processes().length === 0);
  });

  it("neither down nor up deletes a folder that no cloud has made", async () => {
    const mine = join(workplace.folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "thesis.txt"), "years of work");
    for (const words of [
      ["--dir", mine, "down"],
      ["--dir", mine],
    ]) {
      const { code, stderr } = await workplace.local(...words);
      expect(code).to.equal(2);
      expect(stderr).to.include(`${mine} is not empty, and is not a local cloud's folder`);
      expect(await readdir(mine)).to.deep.equal(["thesis.txt"]);
    }
  });

  it("a missing stack file is a usage error, before anything has begun", async () => {
    const { code, stderr } = await workplace.local("--dir", first, "--config", "nowhere.yaml");
    expect(code).to.equal(2);
    expect(stderr).to.include("There is no stack file").and.include("nowhere.yaml");
    expect(existsSync(first)).to.equal(false);
  });
});

/** Whether a process is a machine's agent. */
function isAgent(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").endsWith("/agent.mjs\0");
}

/** Whether a process is the one in which a cloud runs. */
function isCloudOf(dir: string, pid: number): boolean {
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  return words.includes(dir) && words.includes("serve");
}
