import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { reapMachines } from "../../../local/machines/index.ts";
import { processesBelow, processesOf } from "../../../local/machines/marker.ts";
import { ownPath } from "../../../local/own-files.ts";
import type { Observed, Site } from "./machine-fixture.ts";
import { instanceOf, openSite, until } from "./machine-fixture.ts";

describe("a machine of the local cloud", () => {
  let site: Site;
  beforeEach(() => {
    site = openSite();
  });
  afterEach(() => site.close());

  const saying = (lines: string[], text: string) =>
    until(`the console to say "${text}"`, () => lines.find((line) => line.includes(text)));

  it("runs its gzipped user data from the metadata service, in its own root and environment", async () => {
    const machine = instanceOf(
      "i-1",
      'echo "root=$LONGHAUL_ROOT plain=$PLAIN home=${HOME-unset} user=$(id -un)"',
    );
    await site.host.start(machine);
    await saying(machine.lines, `root=${site.file("i-1", "")}`.replace(/\/$/, ""));
    await saying(machine.lines, "plain=value home=unset user=root");
    await saying(machine.lines, "cloud-init: finished");
  });

  it("says on the console that user data failed", async () => {
    const machine = instanceOf("i-1", "exit 7");
    await site.host.start(machine);
    await saying(machine.lines, "ended with status 7");
  });

  it("ignores user data that is not a script, as cloud-init does", async () => {
    const machine = instanceOf("i-1", "", { userData: Buffer.from("plain text") });
    await site.host.start(machine);
    await saying(machine.lines, "Unhandled non-multipart");
  });

  for (const command of ["poweroff", "shutdown -h now", "systemctl poweroff"]) {
    it(`${command} ends every process and is reported once`, async () => {
      const deaf =
        command === "poweroff" ? `setsid bash -c 'trap "" TERM; while :; do sleep 600; done' &` : "";
      const machine = instanceOf("i-1", `${deaf} ${command}`);
      await site.host.start(machine);
      await until("the machine to be down", () => machine.downs.length > 0);
      expect(machine.downs).to.deep.equal(["poweroff"]);
      expect(processesOf(site.file("i-1", ""))).to.deep.equal([]);
    });
  }

  it("killing a machine is a crash, and ends detached processes too", async () => {
    const machine = instanceOf("i-1", "setsid sleep 600 & setsid env -i /bin/sleep 601 & echo up $!; wait");
    await site.host.start(machine);
    const pid = (await saying(machine.lines, "cloud-init: up")).split(" ").at(-1)!;
    await until("the bare process", () => readFileSync(`/proc/${pid}/environ`, "utf8") === "");
    await site.host.kill("i-1");
    expect(machine.downs).to.deep.equal(["crash"]);
    expect(existsSync(`/proc/${pid}/exe`)).to.equal(false);
    expect(processesBelow(site.dir)).to.deep.equal([]);
  });

  it("starts enabled units after a reboot, and does not run its user data again", async () => {
    const unit =
      "[Service]\\nExecStart=/bin/bash -c 'echo serving; sleep 600'\\nStandardOutput=journal+console\\n";
    const machine = instanceOf(
      "i-1",
      `printf "${unit}[Install]\\nWantedBy=multi-user.target\\n" >$LONGHAUL_ROOT/etc/systemd/system/a.service
       systemctl daemon-reload && systemctl enable a && echo first && reboot`,
    );
    await site.host.start(machine);
    await saying(machine.lines, "a.service: serving");
    await saying(machine.lines, "the user data was run at an earlier boot");
    expect(machine.downs).to.deep.equal(["reboot"]);
    expect(machine.lines.filter((line) => line === "cloud-init: first")).to.have.length(1);
    expect(machine.lines.filter((line) => line === "boot")).to.have.length(2);
  });

  it("keeps its disk when it is started again, until the disk is discarded", async () => {
    const machine = instanceOf("i-1", "echo kept >$LONGHAUL_ROOT/home/file; poweroff");
    await site.host.start(machine);
    await until("the machine to be down", () => machine.downs.length === 1);
    await site.host.start(machine);
    await until("the second boot", () => machine.lines.filter((line) => line === "boot").length === 2);
    expect(readFileSync(site.file("i-1", "home/file"), "utf8")).to.equal("kept\n");
    const refusal = await site.host.discard("i-1").catch((error: unknown) => (error as Error).message);
    expect(refusal).to.match(/i-1 runs/);
    await site.host.kill("i-1");
    await site.host.discard("i-1");
    expect(existsSync(site.file("i-1", ""))).to.equal(false);
  });

  describe("after a power cut", () => {
    const script = (...lines: string[]) =>
      ["cd $LONGHAUL_ROOT/home", ...lines, "echo written; sleep 600"].join("\n");
    const sizes = (names: string[]) => names.map((name) => statSync(site.file("i-1", `home/${name}`)).size);
    const cut = async (machine: Observed) => {
      await site.host.start(machine);
      await saying(machine.lines, "cloud-init: written");
      await site.host.cutPower("i-1");
      expect(machine.downs).to.deep.equal(["crash"]);
    };

    it("loses the contents of what it wrote since its last sync, and keeps the names", async () => {
      await cut(
        instanceOf(
          "i-1",
          script(
            "echo before >before; sync; echo after >after; echo more >>before; mkdir folder; echo in >folder/in",
            "echo synced >synced; sync; mv synced renamed; touch -d 2020-01-01 old; echo old >old; touch -d 2020-01-01 old",
          ),
        ),
      );
      // The renamed file has its contents on the disk. The new file does not, despite its old modification time.
      expect(sizes(["before", "after", "folder/in", "renamed", "old"])).to.deep.equal([12, 6, 3, 7, 0]);
    });

    it("keeps what it wrote more than half a minute earlier, because the kernel has written it to the disk by then", async () => {
      site.clock.setFactor(1000);
      await cut(instanceOf("i-1", script("echo written >file; sleep 60; echo late >late")));
      expect(sizes(["file"])).to.deep.equal([8]);
    });

    it("does not start a unit with an empty file", async () => {
      const unit =
        "printf '[Service]\\nExecStart=/bin/echo serving\\n[Install]\\nWantedBy=multi-user.target\\n'";
      const machine = instanceOf(
        "i-1",
        script(`${unit} >$LONGHAUL_ROOT/etc/systemd/system/a.service; systemctl enable a`),
      );
      await cut(machine);
      await site.host.start(machine);
      await saying(machine.lines, "a.service: Unit a.service is masked.");
      await saying(machine.lines, "the user data was run at an earlier boot");
    });

    it("is copied as after a power cut while it runs, and the copy has its own root", async () => {
      const machine = instanceOf("i-1", script('echo "$LONGHAUL_ROOT/home" >path; sync; echo lost >lost'));
      await site.host.start(machine);
      await saying(machine.lines, "cloud-init: written");
      await site.host.capture("i-1", "ami-1");
      expect(sizes(["lost"]), "the machine runs on").to.deep.equal([5]);
      const other = instanceOf("i-2", "cat $LONGHAUL_ROOT/home/{path,lost}; echo read", { imageId: "ami-1" });
      await site.host.start(other);
      await saying(other.lines, "cloud-init: read");
      expect(other.lines).to.include(`cloud-init: ${site.file("i-2", "home")}`);
      expect(other.lines).to.not.include("cloud-init: lost");
    });
  });

  it("the shutdown timer follows the cloud's clock, and can be cancelled", async () => {
    const machine = instanceOf(
      "i-1",
      `shutdown -P +1 && shutdown -c && echo off
       until [[ -e $LONGHAUL_ROOT/advanced ]]; do sleep 0.02; done
       sleep 0.2; shutdown -P +60 && echo armed`,
    );
    await site.host.start(machine);
    await saying(machine.lines, "cloud-init: off");
    site.clock.advance(5 * 60_000);
    writeFileSync(site.file("i-1", "advanced"), "");
    await saying(machine.lines, "cloud-init: armed");
    expect(machine.downs).to.deep.equal([]);
    site.clock.advance(61 * 60_000);
    await until("the machine to be down", () => machine.downs.length > 0);
    expect(machine.downs).to.deep.equal(["poweroff"]);
  });

  it("shutdown waits for delay locks: processes go on, a second shutdown is refused, and shutdown -c does not stop it", async () => {
    await site.close();
    site = openSite(1, { delayLockSeconds: 0.5 });
    const preparing =
      "busctl get-property org.freedesktop.login1 / org.freedesktop.login1.Manager PreparingForShutdown";
    const machine = instanceOf(
      "i-1",
      `echo "before: $(${preparing})"; shutdown -P now; echo "status $?"; shutdown -P now; echo "again $?"
       shutdown -c; echo "after: $(${preparing})"`,
    );
    await site.host.start(machine);
    await until("the machine to be down", () => machine.downs.length > 0);
    for (const line of ["before: b false", "status 0", "again 1", "after: b true"])
      expect(machine.lines).to.include(`cloud-init: ${line}`);
  });

  it("does not disturb another machine when it is killed", async () => {
    const [one, two] = [instanceOf("i-1", "sleep 600"), instanceOf("i-12", "echo here; sleep 600")];
    await Promise.all([site.host.start(one), site.host.start(two)]);
    await saying(two.lines, "cloud-init: here");
    await site.host.kill("i-1");
    expect(two.downs).to.deep.equal([]);
    expect(processesOf(site.file("i-12", ""))).to.not.deep.equal([]);
  });

  it("ends with the cloud, without a report to EC2 that it went down", async () => {
    const machine = instanceOf("i-1", "echo up; sleep 600");
    await site.host.start(machine);
    await saying(machine.lines, "cloud-init: up");
    await site.host.stop();
    expect(processesBelow(site.dir)).to.deep.equal([]);
    expect(machine.downs).to.deep.equal([]);
  });
});

describe("a crash of the local cloud", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "longhaul-machines-"));
  });
  afterEach(async () => {
    await reapMachines(dir);
    rmSync(dir, { recursive: true });
  });

  /** A cloud in a process of its own, with one machine that has begun to sleep. */
  const cloudProcess = async () => {
    const fixture = pathToFileURL(join(import.meta.dirname, "machine-fixture.ts")).href;
    const machines = pathToFileURL(ownPath("machines/index.ts")).href;
    const clock = pathToFileURL(ownPath("clock.ts")).href;
    const program = join(dir, "cloud.mts");
    writeFileSync(
      program,
      `import { instanceOf } from ${JSON.stringify(fixture)};
       import { createMachineHost } from ${JSON.stringify(machines)};
       import { createClock } from ${JSON.stringify(clock)};
       const host = createMachineHost({ dir: ${JSON.stringify(dir)}, clock: createClock(${JSON.stringify(join(dir, "clock"))}), environment: {} });
       const script = "setsid bash -c 'trap \\"\\" TERM HUP; while :; do sleep 600; done' & touch $LONGHAUL_ROOT/up; wait";
       await host.start(instanceOf("i-1", script));`,
    );
    const cloud = spawn(process.execPath, ["--import", "tsx", program], { stdio: "inherit" });
    await until("the machine to be up", () => existsSync(join(dir, "i-1/up")));
    return cloud;
  };

  it("leaves no process of a machine running", async () => {
    const cloud = await cloudProcess();
    expect(processesBelow(dir)).to.not.deep.equal([]);
    cloud.kill("SIGKILL");
    await until("the machine to end with the cloud", () => processesBelow(dir).length === 0);
  });

  it("is cleaned up by `reapMachines` if the machine's init could not act", async () => {
    const cloud = await cloudProcess();
    const init = processesBelow(dir).filter((pid) => commandLineOf(pid).includes("init.cjs"));
    expect(init).to.have.length(1);
    for (const pid of init) process.kill(pid, "SIGSTOP"); // It cannot act when its parent ends.
    cloud.kill("SIGKILL");
    await until("the cloud to be gone", () => cloud.signalCode !== null);
    expect(processesBelow(dir)).to.not.deep.equal([]);
    await reapMachines(dir);
    expect(processesBelow(dir)).to.deep.equal([]);
  });
});

/** Empty if the process has ended in the meantime. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
