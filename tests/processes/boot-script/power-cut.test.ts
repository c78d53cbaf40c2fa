import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { MachineConfiguration } from "../../../contract/machine.ts";
import { put } from "../../unit/runtime/fixture.ts";
import { assets, bootScript, node } from "./script-fixture.ts";

describe("the boot script after a power cut", () => {
  const script = bootScript();
  const { bake, calls, downloads, file, prepare, reported } = script;

  /** Boots, empties these files as a cut does, and boots again. @returns what was called at the second boot */
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

  it("does not count an empty mark, because the mark's subject may not have reached the disk either", async () => {
    const again = await secondBoot([`${done}/user`, `${done}/runner`]);
    expect(again).to.include("visudo -cf " + `${script.root}/etc/sudoers.d/90-longhaul`);
    expect(downloads()).to.have.length(2);
  });

  it("fetches an empty runner again, and copies Node from it", async () => {
    await secondBoot(["home/runner/actions-runner/bin/Runner.Listener", "opt/longhaul/node"]);
    expect(downloads()).to.have.length(2);
    expect(file("opt/longhaul/node")).to.equal(node);
  });

  it("fetches an empty agent or empty hooks again", async () => {
    await secondBoot(["opt/longhaul/agent.mjs", "var/lib/longhaul/path"]);
    expect(file("opt/longhaul/agent.mjs")).to.equal(assets.agent);
    expect(file("var/lib/longhaul/path")).to.include("PATH");
  });

  it("writes the unit that closes the metadata service again if it is empty, which systemd takes for masked", async () => {
    const unit = "etc/systemd/system/longhaul-metadata.service";
    await secondBoot([unit]);
    expect(file(unit)).to.include("ExecStart=/bin/sh -c 'iptables ");
  });

  it("does not continue a download of an earlier boot, because it may have holes", async () => {
    const run = await prepare();
    put(`${script.root}/var/lib/longhaul/runner.tar.gz`, "\0".repeat(1000));
    expect((await run()).status).to.equal(0);
    expect(downloads().map(({ headers }) => headers.range)).to.deep.equal([undefined]);
  });

  it("finishes a half installed package before it asks apt for anything", async () => {
    const again = await secondBoot([]);
    expect(again.find((line) => /^(dpkg|apt-get)/.test(line))).to.match(/^dpkg .*--configure -a$/);
  });

  // A power cut in one of the fleet's own steps leaves the same, on a baked image and long after the registration too.
  it("repairs packages and lists of an interrupted step before that step runs again, on a baked image too", async () => {
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

  it("leaves packages alone while a job may run", async () => {
    const run = await prepare({ baked: true });
    bake();
    await run();
    put(`${script.root}/active`, "");
    rmSync(`${script.root}/commands/calls`);
    expect((await run()).status).to.equal(0);
    expect(calls().filter((line) => line.startsWith("dpkg"))).to.deep.equal([]);
  });

  it("makes each mark only when its subject is on the disk", async () => {
    const run = await prepare();
    const marks = () => (existsSync(`${script.root}/${done}`) ? readdirSync(`${script.root}/${done}`) : []);
    put(
      `${script.root}/commands/sync`,
      `#!/bin/bash\nls "$LONGHAUL_ROOT/${done}" | wc -l >>"$LONGHAUL_ROOT/synced"`,
      0o755,
    );
    expect((await run()).status).to.equal(0);
    const counts = file("synced").trim().split("\n").map(Number);
    // The runner is written down before it gets its own name as well.
    expect([...new Set(counts)]).to.deep.equal(Array.from(marks(), (_, index) => index));
  });

  it("does not fetch damaged files over the workspaces of jobs, or copy any from their folder", async () => {
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
