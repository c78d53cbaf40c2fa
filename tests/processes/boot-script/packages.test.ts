import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { putCommands } from "../../unit/runtime/stand-ins.ts";
import { bootScript, listener, node } from "./script-fixture.ts";

describe("the boot script, installing packages", () => {
  const script = bootScript();
  const { boot, calls, file, prepare, reported } = script;

  it("turns off automatic upgrades and restarts before it installs the first package", async () => {
    const run = await prepare();
    put(`${script.root}/upgrades`, "");
    put(`${script.root}/etc/docker/daemon.json`, '{"mtu": 1400}');
    rmSync(`${script.root}/commands/git`);
    expect((await run()).status).to.equal(0);
    const order = calls();
    const disabled = order.filter((line) => line.startsWith("systemctl disable --now "));
    expect(disabled.map((line) => line.split(" ").at(-1))).to.have.members([
      "apt-daily.timer",
      "apt-daily-upgrade.timer",
      "apt-daily.service",
      "apt-daily-upgrade.service",
      "unattended-upgrades.service",
    ]);
    const firstPackage = order.findIndex((line) => line.startsWith("apt-get"));
    if (firstPackage >= 0) expect(order.indexOf(disabled.at(-1)!)).to.be.below(firstPackage);
    expect(file("etc/needrestart/conf.d/longhaul.conf")).to.equal("$nrconf{restart} = 'l';\n");
    expect(file("etc/apt/apt.conf.d/95longhaul-lock")).to.equal('DPkg::Lock::Timeout "300";\n');
    expect(JSON.parse(file("etc/docker/daemon.json"))).to.deep.equal({ mtu: 1400, "live-restore": true });
  });

  it("leaves the image's own live-restore setting if the fleet turns live-restore off for swarm mode", async () => {
    const run = await prepare({ dockerLiveRestore: false });
    put(`${script.root}/etc/docker/daemon.json`, '{"mtu": 1400, "live-restore": true}');
    expect((await run()).status).to.equal(0);
    expect(file("etc/docker/daemon.json")).to.equal('{"mtu": 1400, "live-restore": true}');
  });

  it("does not mark the image's own live-restore setting as its own", async () => {
    const run = await prepare();
    put(`${script.root}/etc/docker/daemon.json`, '{"live-restore": true}');
    expect((await run()).status).to.equal(0);
    expect(readdirSync(`${script.root}/etc/docker`)).to.deep.equal(["daemon.json"]);
  });

  const takenBack = [
    ["", "{}", "a file that a power cut has emptied"],
    ['{"live-restore": true, "mtu": 1400}', '{"mtu": 1400}', "a file with settings of the image"],
  ] as const;
  for (const [found, settings, where] of takenBack) {
    it(`removes a live-restore setting that Longhaul left in an image, even from ${where}`, async () => {
      const run = await prepare({ dockerLiveRestore: false });
      put(`${script.root}/etc/docker/live-restore-by-longhaul`, "");
      put(`${script.root}/etc/docker/daemon.json`, found);
      expect((await run()).status).to.equal(0);
      expect(file("etc/docker/daemon.json")).to.equal(settings);
      expect(readdirSync(`${script.root}/etc/docker`)).to.deep.equal(["daemon.json"]);
    });
  }

  it("boots an image without Docker or Ubuntu's automatic upgrades", async () => {
    const run = await prepare({ docker: false });
    expect((await run()).status).to.equal(0);
    expect(existsSync(`${script.root}/etc/docker/daemon.json`)).to.equal(false);
  });

  it("retries for minutes while another process keeps the package manager busy", async () => {
    const run = await prepare();
    put(
      `${script.root}/tarball/bin/installdependencies.sh`,
      '#!/bin/bash\necho try >>"$LONGHAUL_ROOT/dependencies"; (($(wc -l <"$LONGHAUL_ROOT/dependencies") >= 10))\n',
      0o755,
    );
    put(`${script.root}/tarball/bin/Runner.Listener`, listener, 0o755);
    put(`${script.root}/tarball/externals/node24/bin/node`, node, 0o755);
    execFileSync("cp", ["-r", `${script.root}/tarball/.`, `${script.root}/unpacked`]);
    putCommands(`${script.root}/commands`, {
      tar: 'mkdir -p "${!#}"; cp -r "$LONGHAUL_ROOT/unpacked/." "${!#}"',
    });
    expect((await run()).status).to.equal(0);
    const waited = calls().filter((line) => line.startsWith("sleep"));
    expect(waited.map((line) => Number(line.slice(6))).reduce((sum, next) => sum + next)).to.be.above(120);
  });

  describe("if the package manager fails", () => {
    const lists = "var/lib/apt/lists";
    /** Boots a machine that has fetched lists and cannot install the runner's dependencies. @returns the detail */
    async function fail(says: string) {
      const run = await prepare();
      put(`${script.root}/dependencies.sh`, `echo "${says}" >&2; exit 100`);
      for (const name of ["archive_InRelease", "lock"]) put(`${script.root}/${lists}/${name}`, name);
      expect((await run()).status).to.equal(1);
      return reported().at(-1)!["Tag.2.Value"];
    }

    it("reports the reason in the detail", async () => {
      expect(await fail("E: Unable to locate package libicu74")).to.equal(
        "The runner's dependencies could not be installed: E: Unable to locate package libicu74",
      );
      if (existsSync("/usr/bin/docker")) return;
      putCommands(`${script.root}/commands`, { "apt-get": "echo E: No space left on device; exit 100" });
      rmSync(`${script.root}/commands/docker`);
      await boot();
      expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
        "The package manager could not install docker.io: E: No space left on device",
      );
    });

    it("removes the lists, which may be half written, and has dpkg finish interrupted installations", async () => {
      await fail("E: The package lists or status file could not be parsed or opened.");
      expect(readdirSync(`${script.root}/${lists}`)).to.deep.equal(["lock"]);
      expect(calls().filter((line) => line.startsWith("dpkg "))).to.have.length(1 + 12);
    });

    it("leaves the lists alone while another process holds their lock, and names that process", async () => {
      const reason = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)";
      expect(await fail(reason)).to.include(reason);
      expect(readdirSync(`${script.root}/${lists}`)).to.deep.equal(["archive_InRelease", "lock"]);
    });
  });

  it("installs what is missing", async () => {
    const run = await prepare({ docker: true });
    rmSync(`${script.root}/commands/docker`);
    await run();
    const installed = calls().filter((line) => line.includes(" install "));
    if (!existsSync("/usr/bin/docker")) expect(installed[0]).to.match(/--yes docker\.io$/);
    expect(file("dependencies")).to.include("installdependencies.sh");
  });
});
