import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { Observed, Site } from "./machine-fixture.ts";
import { instanceOf, openSite, until } from "./machine-fixture.ts";

describe("services of a machine", () => {
  let site: Site;
  let machine: Observed;
  beforeEach(() => {
    site = openSite();
  });
  afterEach(() => site.close());

  /** Boots a machine with these units, then runs the script. */
  const boot = async (units: Record<string, string>, script: string) => {
    const write = Object.entries(units).map(
      ([name, text]) => `cat >$LONGHAUL_ROOT/etc/systemd/system/${name} <<'UNIT'\n${text}\nUNIT`,
    );
    machine = instanceOf("i-1", [...write, "systemctl daemon-reload", script].join("\n"));
    await site.host.start(machine);
  };
  const says = (text: string) =>
    until(`the console to say "${text}"`, () => machine.lines.find((line) => line.includes(text)));
  const service = (lines: string) => `[Service]\nStandardOutput=journal+console\n${lines}`;

  it("a service that ends by mistake is started again; one that was stopped is not", async () => {
    await boot(
      {
        "a.service": service(
          "ExecStart=/bin/bash -c 'echo run; sleep 0.05; exit 1'\nRestart=always\nRestartSec=10ms",
        ),
      },
      `systemctl start a; until [[ -e $LONGHAUL_ROOT/enough ]]; do sleep 0.01; done
       systemctl stop a; echo stopped; sleep 0.2; echo later`,
    );
    const runs = () => machine.lines.filter((line) => line === "a.service: run").length;
    await until("three runs", () => runs() >= 3);
    writeFileSync(site.file("i-1", "enough"), "");
    await says("cloud-init: stopped");
    const before = runs();
    await says("cloud-init: later");
    expect(runs()).to.equal(before);
  });

  it("stopping a service ends all of its processes, unless the unit says that only the main one", async () => {
    const forks = "ExecStart=/bin/bash -c 'setsid sleep 600 & echo $! >$LONGHAUL_ROOT/$0; wait'";
    await boot(
      {
        "all.service": service(forks.replace("$0", "all")),
        "main.service": service(`${forks.replace("$0", "main")}\nKillMode=process`),
      },
      `systemctl start all main
       until [[ -s $LONGHAUL_ROOT/all && -s $LONGHAUL_ROOT/main ]]; do :; done
       systemctl stop all main
       systemctl is-active all; echo "is-active: $?"`,
    );
    await says("is-active: 3");
    const lives = (name: string) =>
      existsSync(`/proc/${readFileSync(site.file("i-1", name), "utf8").trim()}/exe`);
    expect(lives("all")).to.equal(false);
    expect(lives("main")).to.equal(true);
  });

  it("the death of a main process changes nothing for what it started, where the unit says so", async () => {
    await boot(
      {
        "a.service": service(
          "ExecStart=/bin/bash -c 'setsid sleep 600 & echo $! >>$LONGHAUL_ROOT/pids; kill -9 $$$$'\nKillMode=process\nRestart=always\nRestartSec=20ms",
        ),
      },
      "systemctl start a",
    );
    const pids = () =>
      existsSync(site.file("i-1", "pids"))
        ? readFileSync(site.file("i-1", "pids"), "utf8").trim().split("\n")
        : [];
    await until("a second run", () => pids().length >= 2);
    expect(existsSync(`/proc/${pids()[0]}/exe`)).to.equal(true);
  });

  it("starting a oneshot waits for its end and tells of its failure", async () => {
    await boot(
      { "bad.service": service("Type=oneshot\nExecStart=/bin/bash -c 'sleep 0.02; exit 4'") },
      `systemctl start bad; echo "status $?"`,
    );
    await says("status 1");
    await says("bad.service: ended with status 4");
  });

  it("a unit waits for an earlier one that is still at work, and fails with one that it requires", async () => {
    await boot(
      {
        "first.service": service("Type=oneshot\nExecStart=/bin/bash -c 'sleep 0.05; echo done; exit 1'"),
        "then.service": `[Unit]\nAfter=first.service\nRequires=first.service\n${service("ExecStart=/bin/true")}`,
        "later.service": `[Unit]\nAfter=first.service\n${service("ExecStart=/bin/echo later")}`,
      },
      "systemctl start --no-block then later",
    );
    await says("then.service: a unit that it requires failed");
    await says("later.service: later");
    const order = machine.lines.filter((line) => /: (done|later)$/.test(line));
    expect(order).to.deep.equal(["first.service: done", "later.service: later"]);
  });

  it("variables come from the unit and its files", async () => {
    await boot(
      {
        "a.service": service(
          `Type=oneshot\nEnvironment=A=1 "B=two words"\nEnvironmentFile=-/nowhere\nExecStart=/bin/bash -c 'echo "$A-$B-$PLAIN"'`,
        ),
      },
      "systemctl start a",
    );
    await says("a.service: 1-two words-value");
  });

  it("a request that systemd would not know is refused", async () => {
    await boot({}, `systemctl mask a; echo "status $?"`);
    await says('does not know "systemctl mask a"');
    await says("status 1");
  });
});
