import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { MachineConfiguration } from "../../../contract/machine.ts";
import { put } from "../../unit/runtime/fixture.ts";
import { assets, bootScript, node } from "./script-fixture.ts";

describe("the boot script after a power cut", () => {
  const script = bootScript();
  const { bake, calls, downloads, file, prepare, reported } = script;

  /** Boots, empties these files as a power cut does, and boots again. @returns the commands called at the second boot */
  async function secondBoot(emptied: readonly string[], change: Partial<MachineConfiguration> = {}) {
    const run = await prepare(change);
    put(`${script.root}/registration-fails`, "");
    await run();
    for (const path of emptied) {
      expect(statSync(`${script.root}/${path}`).size, path).to.be.above(0);
      writeFileSync(`${script.root}/${path}`, "");
    }
    rmSync(`${script.root}/commands/calls`);
    rmSync(`${script.root}/registration-fails`);
    expect((await run()).status).to.equal(0);
    return calls();
  }
  const done = "var/lib/longhaul/done";

  it("repeats a step with an empty mark, because its results were not on the disk either", async () => {
    const again = await secondBoot([`${done}/user`, `${done}/runner`]);
    expect(again).to.include("visudo -cf " + `${script.root}/etc/sudoers.d/90-longhaul`);
    expect(downloads()).to.have.length(2);
  });

  it("downloads the runner again if its files are empty, and copies Node from it", async () => {
    await secondBoot(["home/runner/actions-runner/bin/Runner.Listener", "opt/longhaul/node"]);
    expect(downloads()).to.have.length(2);
    expect(file("opt/longhaul/node")).to.equal(node);
  });

  it("fetches the agent and the hooks again if their files are empty", async () => {
    await secondBoot(["opt/longhaul/agent.mjs", "var/lib/longhaul/path"]);
    expect(file("opt/longhaul/agent.mjs")).to.equal(assets.agent);
    expect(file("var/lib/longhaul/path")).to.include("PATH");
  });

  it("writes the unit that closes the metadata service again if it is empty, which systemd takes for masked", async () => {
    const unit = "etc/systemd/system/longhaul-metadata.service";
    await secondBoot([unit]);
    expect(file(unit)).to.include("ExecStart=/bin/sh -c 'iptables ");
  });

  it("does not resume a download of an earlier boot, because the file may have holes", async () => {
    const run = await prepare();
    put(`${script.root}/var/lib/longhaul/runner.tar.gz`, "\0".repeat(1000));
    expect((await run()).status).to.equal(0);
    expect(downloads().map(({ headers }) => headers.range)).to.deep.equal([undefined]);
  });

  it("finishes a half-installed package before it calls apt", async () => {
    const again = await secondBoot([]);
    expect(again.find((line) => /^(dpkg|apt-get)/.test(line))).to.match(/^dpkg .*--configure -a$/);
  });

  // A power cut during one of the fleet's own steps leaves the same, even on a baked image and long after registration.
  it("repairs the packages and lists that a step left behind before the step runs again, even on a baked image", async () => {
    const lists = `${script.root}/var/lib/apt/lists`;
    const run = await prepare({ baked: true, everyBoot: ["docker step"] });
    bake();
    await run();
    rmSync(`${script.root}/run`, { recursive: true });
    rmSync(`${script.root}/commands/calls`);
    for (const name of ["archive_InRelease", "lock"]) put(`${lists}/${name}`, "");
    put(`${lists}/archive_Packages`, "Package: git\n");
    expect((await run()).status).to.equal(0);
    const order = calls().filter((line) => /^(dpkg|docker step)/.test(line));
    expect(order[0]).to.match(/^dpkg .*--configure -a$/);
    expect(order[1]).to.equal("docker step");
    expect(readdirSync(lists).sort()).to.deep.equal(["archive_Packages", "lock"]);
  });

  it("leaves packages alone while a job may be running", async () => {
    const run = await prepare({ baked: true });
    bake();
    await run();
    put(`${script.root}/active`, "");
    rmSync(`${script.root}/commands/calls`);
    expect((await run()).status).to.equal(0);
    expect(calls().filter((line) => line.startsWith("dpkg"))).to.deep.equal([]);
  });

  it("makes each mark only after the step's results are on the disk", async () => {
    const run = await prepare();
    const marks = () => (existsSync(`${script.root}/${done}`) ? readdirSync(`${script.root}/${done}`) : []);
    put(
      `${script.root}/commands/sync`,
      `#!/bin/bash\nls "$LONGHAUL_ROOT/${done}" | wc -l >>"$LONGHAUL_ROOT/synced"`,
      0o755,
    );
    expect((await run()).status).to.equal(0);
    const counts = file("synced").trim().split("\n").map(Number);
    // The runner is synced before it gets its final name as well.
    expect([...new Set(counts)]).to.deep.equal(Array.from(marks(), (_, index) => index));
  });

  it("reports software that is damaged after jobs have run, and neither downloads it nor copies it from the runner's folder", async () => {
    const run = await prepare();
    await run();
    for (const path of ["home/runner/actions-runner/bin/Runner.Listener", "opt/longhaul/node"]) {
      const whole = file(path);
      writeFileSync(`${script.root}/${path}`, "");
      expect((await run()).status).to.equal(1);
      expect(reported().at(-1)!["Tag.2.Value"]).to.match(/is damaged\. Replace the machine/);
      writeFileSync(`${script.root}/${path}`, whole);
    }
    expect(downloads()).to.have.length(1);
  });
});
