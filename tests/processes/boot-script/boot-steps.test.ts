import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { agentUnit, bootScript } from "./script-fixture.ts";

describe("the boot script, running the fleet's own steps", () => {
  const script = bootScript();
  const { calls, file, prepare, reported } = script;

  describe("a boot step", () => {
    it("has root's home and name, which systemd does not give to root's services", async () => {
      const run = await prepare({ bootSteps: ['echo "$HOME $USER $LOGNAME"', "git config --global a.b c"] });
      mkdirSync(`${script.root}/root`);
      copyFileSync("/usr/bin/git", `${script.root}/commands/git`);
      const { status, output } = await run();
      expect(output).to.include(`${script.root}/root root root\n`);
      expect(status).to.equal(0);
      expect(file("root/.gitconfig")).to.include("b = c");
    });

    it("puts the end of its output into the detail if it fails: shortened, printable, and without an address's password", async () => {
      const line =
        'head -c 9000 /dev/zero | tr "\\0" x; printf "\\n\\033[31mno\\033[0m way\\tto\\n https://me:canary-1@host/ é\\r\\n" >&2; exit 7';
      const run = await prepare({ bootSteps: [line] });
      const { status, output } = await run();
      expect(status).to.equal(1);
      const detail = reported().at(-1)!["Tag.2.Value"]!;
      expect(detail).to.match(
        /^Boot step 1 ended with 7: head -c 9000 .{57}: x+ no way to https:\/\/host\/$/,
      );
      expect(detail).to.match(/^[ -~]{1,256}$/);
      expect(output, "all of it is on the console").to.include("x".repeat(9000));
    });

    it("does not delay the boot if it leaves a process running", async () => {
      const run = await prepare({ bootSteps: ['/bin/sleep 600 & echo $! >"$LONGHAUL_ROOT/left"'] });
      try {
        expect((await run()).status).to.equal(0);
      } finally {
        process.kill(Number(file("left")), "SIGKILL");
      }
    });

    it("writes its output to a file that users cannot read", async () => {
      await (
        await prepare({ bootSteps: ["echo secret"] })
      )();
      expect(file("var/log/longhaul/boot-step.log")).to.equal("secret\n");
      expect(statSync(`${script.root}/var/log/longhaul/boot-step.log`).mode & 0o777).to.equal(0o600);
    });
  });

  describe("an every-boot step", () => {
    const everyBoot = ['[[ ! -e $LONGHAUL_ROOT/broken ]] && echo "mounted" >>"$LONGHAUL_ROOT/steps"'];
    const powerOff = () => {
      rmSync(`${script.root}/run`, { recursive: true });
    };

    it("runs once at each boot, after the boot steps and before the machine takes jobs", async () => {
      const run = await prepare({
        bootSteps: ['echo "installed" >>"$LONGHAUL_ROOT/steps"'],
        everyBoot: [...everyBoot, "docker step"],
      });
      await run();
      const order = calls();
      expect(order.indexOf("docker step")).to.be.within(0, order.indexOf(`systemctl start ${agentUnit}`) - 1);
      await run(); // The same boot: somebody, or systemd, starts the script again.
      expect(file("steps")).to.equal("installed\nmounted\n");
      powerOff();
      await run();
      expect(file("steps")).to.equal("installed\nmounted\nmounted\n");
    });

    it("keeps the agent from starting if it fails, is reported, and is retried in the same boot", async () => {
      const run = await prepare({ everyBoot });
      await run();
      powerOff();
      put(`${script.root}/broken`, "");
      rmSync(`${script.root}/commands/calls`);
      expect((await run()).status).to.equal(1);
      expect(calls()).to.not.include(`systemctl start ${agentUnit}`);
      expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
      expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^Step 1 of every boot ended with 1: \[\[ ! -e/);
      rmSync(`${script.root}/broken`);
      expect((await run()).status).to.equal(0);
      expect(file("steps")).to.equal("mounted\nmounted\n");
    });
  });
});
