import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Clock } from "../../../local/clock.ts";
import { createClock } from "../../../local/clock.ts";
import { bundleProgram, sourcePath } from "../../../local/machines/bundle.ts";

describe("stand-in commands of a machine", () => {
  let root: string;
  let clock: Clock;
  let environment: Record<string, string>;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "longhaul-commands-"));
    for (const folder of ["run", "var/log", "etc/sudoers.d", "home"])
      mkdirSync(join(root, folder), { recursive: true });
    execFileSync("mkfifo", [join(root, "run/never")]);
    clock = createClock(join(root, "clock"), 600);
    const commands = sourcePath("local/machines/commands");
    environment = {
      LONGHAUL_ROOT: root,
      LONGHAUL_CLOCK: clock.file,
      PATH: `${commands}:${process.env.PATH}`,
    };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const bash = (script: string) => {
    const { stdout, stderr, status } = spawnSync("bash", ["-c", script], {
      env: environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"], // From a socket, which Node's pipes are, bash would read ~/.bashrc.
    });
    return { output: stdout.trim(), error: stderr.trim(), status };
  };
  const seconds = (work: () => unknown) => {
    const from = performance.now();
    work();
    return (performance.now() - from) / 1000;
  };

  for (const span of ["60", "1m", "59.7 .3", ".5m 30s"]) {
    it(`sleep ${span} takes a minute of the cloud's time`, () => {
      const spent = seconds(() => bash(`sleep ${span}`)); // At factor 600: a tenth of a second.
      expect(spent).to.be.within(0.1, 0.4);
    });
  }

  it("sleep refuses what the real one refuses", () => {
    expect(bash("sleep soon").status).to.equal(1);
    expect(bash("sleep").status).to.equal(1);
  });

  it("a sleep that has begun follows the clock when its pace changes", async () => {
    clock.setFactor(1);
    const sleeper = spawn("bash", ["-c", "sleep 3600"], { env: environment });
    const ended = new Promise((resolve) => sleeper.once("exit", resolve));
    await new Promise((resolve) => sleeper.once("spawn", resolve));
    clock.setFactor(36_000);
    expect(await ended).to.equal(0);
  });

  it("a long sleep costs next to nothing", () => {
    clock.setFactor(120);
    const [user, system] = bash("time -p sleep 60")
      .error.match(/(?<=(user|sys) )[\d.]+/g)!
      .map(Number);
    expect(user! + system!).to.be.below(0.03);
  });

  it("date tells the cloud's time, in the form that is asked for", () => {
    clock.advance(86_400_000 * 400);
    const now = clock.now();
    expect(Number(bash("date +%s").output) * 1000).to.be.within(now - 1000, clock.now());
    const iso = bash("date -u +%Y-%m-%dT%H:%M:%SZ").output;
    expect(Date.parse(iso)).to.be.within(now - 1000, clock.now());
    expect(bash("date -u -d @0 +%Y").output).to.equal("1970");
  });

  it("Node on a machine has the cloud's wall clock and the computer's monotonic one", async () => {
    const outfile = join(root, "machine-clock.cjs");
    await bundleProgram({ entry: "local/machines/machine-clock.ts", outfile });
    clock.advance(86_400_000 * 400);
    const program = `
      const [from, start] = [Date.now(), performance.now()];
      while (performance.now() - start < 100);
      console.log(JSON.stringify({ from, to: +new Date(), fixed: +new Date(5), is: new Date() instanceof Date, ago: Date() }))`;
    const told = JSON.parse(
      execFileSync(process.execPath, ["--require", outfile, "-e", program], {
        env: environment,
        encoding: "utf8",
      }),
    ) as { from: number; to: number; fixed: number; is: boolean; ago: string };
    expect(told.from).to.be.within(clock.now() - 300_000, clock.now());
    expect(told.to - told.from).to.be.within(59_000, 90_000);
    expect(told).to.include({ fixed: 5, is: true });
  });

  it("setpriv and sudo change whom id tells, and the process stays the same", () => {
    bash("useradd --create-home runner");
    expect(bash("id -u").output).to.equal("0");
    expect(bash("setpriv --reuid runner --regid=runner --init-groups -- id -u").output).to.equal("1001");
    expect(bash("setpriv --reuid=runner --regid=runner --init-groups id -un").output).to.equal("runner");
    expect(
      bash("setpriv --reuid=runner bash -c 'echo $PPID' & echo $!; wait").output.split("\n"),
    ).to.have.length(2);
    expect(bash("setpriv --reuid=runner sudo -n id -u")).to.include({
      status: 1,
      error: "sudo: a password is required",
    });
    writeFileSync(join(root, "etc/sudoers.d/runner"), "runner ALL=(ALL) NOPASSWD:ALL\n");
    expect(bash("setpriv --reuid=runner sudo -n id -u").output).to.equal("0");
  });

  it("a user is known once it has been added", () => {
    expect(bash("getent passwd runner").status).to.equal(2);
    expect(bash("id runner").status).to.equal(1);
    bash("useradd --create-home --shell /bin/bash runner");
    expect(bash("getent passwd runner").output).to.equal(`runner:x:1001:1001::${root}/home/runner:/bin/bash`);
    expect(bash("id -u runner").output).to.equal("1001");
    expect(bash("id -gn runner").output).to.equal("runner");
  });

  it("what would change the computer is written down instead", () => {
    expect(
      bash("apt-get install --yes jq && chown -R runner:runner /x && iptables -w -A OUTPUT").status,
    ).to.equal(0);
    expect(readFileSync(join(root, "var/log/stand-ins.log"), "utf8")).to.equal(
      "apt-get install --yes jq\nchown -R runner:runner /x\niptables -w -A OUTPUT\n",
    );
  });

  it("one sleep after another loses little of the cloud's time", () => {
    const spent = seconds(() => bash("for ((i = 0; i < 5; i++)); do sleep 60; done"));
    expect(spent).to.be.within(0.5, 0.9);
  });
}).timeout(20_000); // Real processes, on a computer that may be busy.
