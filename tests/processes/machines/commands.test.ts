import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Clock } from "../../../local/clock.ts";
import { createClock } from "../../../local/clock.ts";
import { ownPath, programPath } from "../../../local/own-files.ts";
import { until } from "./machine-fixture.ts";

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
    const commands = ownPath("machines/commands");
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
  /** Starts a sleep. Resolves when the sleep has read the clock. */
  const fallAsleep = async (span: string) => {
    const sleeper = spawn("bash", ["-c", `exec sleep ${span}`], { env: environment });
    const ended = new Promise<number | null>((resolve) => sleeper.once("exit", resolve));
    await until(`sleep ${span} to begin`, () =>
      readdirSync(`/proc/${sleeper.pid!}/fd`).some(
        (descriptor) => linkOf(`/proc/${sleeper.pid!}/fd/${descriptor}`) === join(root, "run/never"),
      ),
    );
    return { sleeper, ended };
  };

  for (const span of ["60", "1m", "59.7 .3", ".5m 30s"]) {
    it(`sleep ${span} takes a minute of the cloud's time`, async () => {
      clock.setFactor(0.01); // So slowly that only `advance` moves the clock noticeably.
      const minute = await fallAsleep(span);
      clock.advance(59_500);
      await (
        await fallAsleep(".003")
      ).ended; // Meanwhile the first sleep has read the clock again.
      expect(minute.sleeper.exitCode).to.equal(null);
      clock.advance(500);
      expect(await minute.ended).to.equal(0);
    });
  }

  it("sleep refuses what the real one refuses", () => {
    expect(bash("sleep soon").status).to.equal(1);
    expect(bash("sleep").status).to.equal(1);
  });

  it("a sleep that has begun follows the clock when its pace changes", async () => {
    clock.setFactor(1);
    const { ended } = await fallAsleep("3600");
    clock.setFactor(36_000);
    expect(await ended).to.equal(0);
  });

  it("a long sleep reads the clock every quarter of a second", () => {
    clock.setFactor(120);
    const waits = waitsOf("60");
    expect(waits[0]).to.equal(0.25);
    expect(waits.length).to.be.within(1, 4);
  });

  it("a sleep waits no longer than its remaining time", () => {
    const waits = waitsOf("60"); // At factor 600: a tenth of a second.
    expect(Math.max(...waits)).to.be.within(0.05, 0.101);
  });

  /** The seconds of each wait of a sleep, from bash's trace. */
  const waitsOf = (span: string): number[] =>
    [...bash(`bash -x "$(command -v sleep)" ${span}`).error.matchAll(/read -rt ([\d.]+)/g)].map(
      ([, seconds]) => Number(seconds),
    );

  it("date prints the cloud's time in the requested format", () => {
    clock.advance(86_400_000 * 400);
    const now = clock.now();
    expect(Number(bash("date +%s").output) * 1000).to.be.within(now - 1000, clock.now());
    const iso = bash("date -u +%Y-%m-%dT%H:%M:%SZ").output;
    expect(Date.parse(iso)).to.be.within(now - 1000, clock.now());
    expect(bash("date -u -d @0 +%Y").output).to.equal("1970");
  });

  it("Node on a machine has the cloud's wall clock and the computer's monotonic one", () => {
    const outfile = programPath("machine-clock");
    clock.advance(86_400_000 * 400);
    const program = `
      const before = performance.now(), from = Date.now(), began = performance.now();
      while (performance.now() - began < 100);
      const done = performance.now(), to = +new Date(), after = performance.now();
      console.log(JSON.stringify({ from, to, least: done - began, most: after - before,
        fixed: +new Date(5), is: new Date() instanceof Date, ago: Date() }))`;
    const before = clock.now();
    const times = JSON.parse(
      execFileSync(process.execPath, ["--require", outfile, "-e", program], {
        env: environment,
        encoding: "utf8",
      }),
    ) as Record<"from" | "to" | "least" | "most" | "fixed", number> & { is: boolean; ago: string };
    expect(times.from).to.be.within(before, clock.now());
    const millisecond = clock.factor; // One millisecond of the computer. Its clock counts whole ones.
    expect(times.to - times.from).to.be.within(
      clock.factor * times.least - 2 * millisecond,
      clock.factor * times.most + 2 * millisecond,
    );
    expect(times).to.include({ fixed: 5, is: true });
  });

  it("docker refuses swarm mode if containers outlive its daemon", () => {
    expect(bash("docker swarm init").status).to.equal(0);
    mkdirSync(join(root, "etc/docker"));
    writeFileSync(join(root, "etc/docker/daemon.json"), '{"live-restore": true}');
    expect(bash("docker swarm init"))
      .to.deep.include({ status: 1 })
      .and.property("error")
      .match(/swarm mode/);
    expect(bash("docker info").status).to.equal(0);
  });

  it("setpriv and sudo change the user that id prints, and keep the process", () => {
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

  it("a user exists once it has been added", () => {
    expect(bash("getent passwd runner").status).to.equal(2);
    expect(bash("id runner").status).to.equal(1);
    bash("useradd --create-home --shell /bin/bash runner");
    expect(bash("getent passwd runner").output).to.equal(`runner:x:1001:1001::${root}/home/runner:/bin/bash`);
    expect(bash("id -u runner").output).to.equal("1001");
    expect(bash("id -gn runner").output).to.equal("runner");
  });

  it("an iptables rule exists once it has been added", () => {
    expect(bash("iptables -w -C OUTPUT -j REJECT").status).to.equal(1);
    expect(bash("iptables -w -I OUTPUT -j REJECT; iptables -w -C OUTPUT -j REJECT").status).to.equal(0);
  });

  it("each user has a crontab, and none if cron's lists deny it, even if root asks", () => {
    const asRunner = (script: string) => bash(`setpriv --reuid=runner bash -c '${script}'`);
    expect(asRunner("crontab - <<<@reboot; crontab -l").output).to.equal("@reboot");
    expect(bash("crontab -l").status).to.equal(1);
    expect(bash("crontab -u runner -l").output).to.equal("@reboot");
    writeFileSync(join(root, "etc/cron.deny"), "runner\n");
    expect(asRunner("crontab -l").error).to.equal(
      "You (runner) are not allowed to use this program (crontab)",
    );
    expect(bash("crontab -u runner -l").status).to.equal(1);
    writeFileSync(join(root, "etc/cron.allow"), "runner\n");
    expect(asRunner("crontab -r").status).to.equal(0);
    writeFileSync(join(root, "etc/cron.allow"), "");
    expect(asRunner("crontab -l").status).to.equal(1);
  });

  it("commands that would change the computer are only logged", () => {
    expect(
      bash("apt-get install --yes jq && chown -R runner:runner /x && iptables -w -A OUTPUT").status,
    ).to.equal(0);
    expect(readFileSync(join(root, "var/log/stand-ins.log"), "utf8")).to.equal(
      "apt-get install --yes jq\nchown -R runner:runner /x\niptables -w -A OUTPUT\n",
    );
  });
});

/** Undefined if the descriptor was closed while the others were read. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
