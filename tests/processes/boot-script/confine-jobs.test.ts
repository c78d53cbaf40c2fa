import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { putCommands } from "../../unit/runtime/stand-ins.ts";
import { bootScript } from "./script-fixture.ts";

describe("the boot script, confining jobs", () => {
  const script = bootScript();
  const { bake, calls, file, prepare, reported } = script;

  it("closes the metadata service to users at each boot, before any of their programs run", async () => {
    const run = await prepare({ bootSteps: ["docker step"] });
    put(`${script.root}/commands/iptables`, iptablesWithoutRules, 0o755);
    for (const boot of ["first", "later"]) {
      expect((await run()).status).to.equal(0);
      const order = calls();
      const closed = order.indexOf(
        "iptables -w -I OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
      );
      expect(closed, boot).to.be.above(-1);
      const begun = order.findIndex((line) => /^(docker step|systemctl start longhaul-agent)/.test(line));
      expect(begun, boot).to.be.above(closed);
      rmSync(`${script.root}/commands/calls`); // This removes the rules too, as a reboot does.
    }
  });

  it("installs a unit that closes the metadata service before the network is up and before other services start", async () => {
    const run = await prepare();
    await run();
    expect(calls()).to.include("systemctl enable longhaul-metadata.service");
    const lines = file("etc/systemd/system/longhaul-metadata.service").split("\n");
    expect(lines).to.include.members([
      "DefaultDependencies=no",
      "Wants=network-pre.target",
      "After=local-fs.target netfilter-persistent.service ufw.service nftables.service",
      "Before=network-pre.target sysinit.target",
      "TimeoutStartSec=60", // The boot waits for this unit.
      "WantedBy=sysinit.target",
    ]);
  });

  it("does not order that unit after nftables.service on Fedora's relatives, because that would be an ordering cycle", async () => {
    const run = await prepare({ baked: true });
    bake();
    put(`${script.root}/etc/os-release`, 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n');
    expect((await run()).status).to.equal(0);
    const unit = file("etc/systemd/system/longhaul-metadata.service");
    expect(unit)
      .to.match(/^After=local-fs\.target /m)
      .and.not.include("nftables.service");
  });

  it("runs no job if it cannot close the metadata service, and reports why", async () => {
    const run = await prepare();
    put(`${script.root}/commands/iptables`, "#!/bin/bash\nexit 1\n", 0o755);
    const { status, output } = await run();
    expect(status).to.equal(1);
    expect(output).to.include("boot failed: The metadata service could not be closed to users");
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(existsSync(`${script.root}/home/runner/actions-runner`)).to.equal(false);
  });

  describe("denying the jobs' user cron, at and lingering", () => {
    const etc = (name: string) => file(`etc/${name}`).trim().split("\n");
    const timers = (...names: string[]) => {
      putCommands(`${script.root}/commands`, Object.fromEntries(names.map((name) => [name, ""])));
    };

    it("happens once, and only after the boot steps", async () => {
      const run = await prepare({ bootSteps: ["cp $LONGHAUL_ROOT/etc/cron.deny $LONGHAUL_ROOT/seen"] });
      timers("crontab", "at");
      for (const list of ["cron", "at"]) put(`${script.root}/etc/${list}.deny`, "games\n");
      for (const boot of ["first", "later"]) {
        expect((await run()).status, boot).to.equal(0);
        expect(etc("cron.deny"), boot).to.deep.equal(["games", "runner"]);
        expect(etc("at.deny"), boot).to.deep.equal(["games", "runner"]);
      }
      expect(file("seen")).to.equal("games\n");
      expect(readlinkSync(`${script.root}/etc/systemd/system/user@1001.service`)).to.equal("/dev/null");
    });

    it("adds a line of its own, even if the list's last line does not end with a newline", async () => {
      const run = await prepare();
      timers("crontab");
      put(`${script.root}/etc/cron.deny`, "games");
      expect((await run()).status).to.equal(0);
      expect(etc("cron.deny")).to.deep.equal(["games", "runner"]);
    });

    it("is lifted until the boot steps have run if the image already denies them", async () => {
      const kept = "$LONGHAUL_ROOT/etc/{cron,at}.deny $LONGHAUL_ROOT/etc/systemd/system";
      const run = await prepare({
        bootSteps: [`mkdir $LONGHAUL_ROOT/seen; cp -a ${kept} $LONGHAUL_ROOT/seen`],
      });
      timers("crontab", "at");
      for (const list of ["cron", "at"]) put(`${script.root}/etc/${list}.deny`, "games\nrunner\n");
      symlinkSync("/dev/null", `${script.root}/etc/systemd/system/user@1001.service`);
      expect((await run()).status).to.equal(0);
      for (const list of ["cron", "at"]) expect(file(`seen/${list}.deny`)).to.equal("games\n");
      expect(readdirSync(`${script.root}/seen/system`)).to.not.include("user@1001.service");
      expect(etc("cron.deny")).to.deep.equal(["games", "runner"]);
      expect(readlinkSync(`${script.root}/etc/systemd/system/user@1001.service`)).to.equal("/dev/null");
    });

    it("creates no at.deny, because without one only root may use at, and with one every other user could", async () => {
      const run = await prepare();
      timers("at");
      expect((await run()).status).to.equal(0);
      expect(existsSync(`${script.root}/etc/at.deny`)).to.equal(false);
    });

    it("removes the user from cron.allow, which overrides cron.deny", async () => {
      const run = await prepare();
      timers("crontab");
      put(`${script.root}/etc/cron.allow`, "runner\ngames\n");
      expect((await run()).status).to.equal(0);
      expect(etc("cron.allow")).to.deep.equal(["games"]);
    });

    it("creates no list for a program that is not installed, because its package would ask about the file", async () => {
      const run = await prepare();
      expect((await run()).status).to.equal(0);
      const isInstalled = spawnSync("bash", ["-c", "command -v crontab"]).status === 0; // The computer that runs the test may have cron.
      expect(existsSync(`${script.root}/etc/cron.deny`)).to.equal(isInstalled);
    });
  });
});

/** Records its calls as the other commands do. A rule exists once it has been inserted. */
const iptablesWithoutRules = `#!/bin/bash
calls=$LONGHAUL_ROOT/commands/calls
printf '%s\\n' "iptables $*" >>"$calls"
[[ $2 != -C ]] || grep -qxF "iptables -w -I \${*:3}" "$calls"
`;
