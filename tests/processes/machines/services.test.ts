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

  it("a service that fails is restarted, and a stopped one is not", async () => {
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

  it("a oneshot that fails is retried until it succeeds if its unit says so", async () => {
    const script = "echo run; echo . >>$LONGHAUL_ROOT/runs; (($(wc -l <$LONGHAUL_ROOT/runs) == 3))";
    await boot(
      {
        "a.service": service(
          `Type=oneshot\nExecStart=/bin/bash -c '${script}'\nRestart=on-failure\nRestartSec=10ms`,
        ),
      },
      "systemctl start a; echo first: $?",
    );
    await says("cloud-init: first: 1");
    const runs = () => machine.lines.filter((line) => line === "a.service: run").length;
    await until("three runs", () => runs() === 3);
    await until(
      "the end of the third",
      () => machine.lines.filter((line) => line.includes("status 1")).length === 2,
    );
    expect(runs()).to.equal(3);
  });

  it("stopping a service ends all of its processes, or only the main one if the unit says so", async () => {
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

  it("the processes that a main process started survive its death if the unit says so", async () => {
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

  it("starting a oneshot waits until it ends, and fails if the oneshot fails", async () => {
    await boot(
      { "bad.service": service("Type=oneshot\nExecStart=/bin/bash -c 'sleep 0.02; exit 4'") },
      `systemctl start bad; echo "status $?"`,
    );
    await says("status 1");
    await says("bad.service: ended with status 4");
  });

  it("a unit waits until an earlier oneshot has ended, and fails if a unit that it requires fails", async () => {
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

  it("environment variables come from the unit and its environment files", async () => {
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

  it("a unit fails at its sixth start within ten seconds, and stays failed until it is reset", async () => {
    await boot(
      { "a.service": service("ExecStart=/bin/sleep 600\nRestart=always") },
      `for ((i = 0; i < 6; i++)); do systemctl restart a; echo "restart $i: $?"; done
       systemctl reset-failed a; systemctl start a; echo "then: $?"`,
    );
    await says("then: 0");
    const answers = machine.lines.filter((line) => line.includes("restart "));
    expect(answers.map((line) => line.at(-1))).to.deep.equal(["0", "0", "0", "0", "0", "1"]);
    expect(machine.lines.join("\n")).to.include("start-limit-hit");
  });

  it("a unit without that limit can be started any number of times", async () => {
    await boot(
      {
        "a.service": `[Unit]\nStartLimitIntervalSec=0\n${service("ExecStart=/bin/sleep 600\nRestart=always")}`,
      },
      `for ((i = 0; i < 6; i++)); do systemctl restart a; echo "restart $i: $?"; done
       systemctl is-active a; echo over`,
    );
    await says("over");
    expect(machine.lines.filter((line) => /restart \d: 0$/.test(line))).to.have.length(6);
    expect(machine.lines).to.include("cloud-init: active");
  });

  it("automatic restarts count towards the limit as well", async () => {
    await boot(
      { "a.service": service("ExecStart=/bin/bash -c 'echo run'\nRestart=always\nRestartSec=1ms") },
      "systemctl start a",
    );
    await says("start-limit-hit");
    expect(machine.lines.filter((line) => line === "a.service: run")).to.have.length(5);
  });

  it("takes an empty unit file for a masked unit, which starts neither by hand nor at boot", async () => {
    await boot(
      {},
      `cd $LONGHAUL_ROOT/etc/systemd/system; mkdir -p multi-user.target.wants
       : >a.service; : >multi-user.target.wants/a.service
       systemctl start a; echo "start $?"; systemctl enable a; echo "enable $?"; reboot`,
    );
    await says("cloud-init: enable 1");
    expect(machine.lines).to.include("cloud-init: start 1");
    await says("a.service: Unit a.service is masked.");
  });

  it("a scope does not belong to the unit that started it, and keeps the process id and the exit code", async () => {
    await boot(
      { "a.service": service("ExecStart=/bin/bash $LONGHAUL_ROOT/a.sh") },
      `cat >$LONGHAUL_ROOT/inside.sh <<'SCRIPT'
echo $BASHPID >$LONGHAUL_ROOT/inside
sleep 600
SCRIPT
       cat >$LONGHAUL_ROOT/a.sh <<'SCRIPT'
systemd-run --scope --quiet -- bash $LONGHAUL_ROOT/inside.sh &
echo $! >$LONGHAUL_ROOT/scope
systemd-run --scope --quiet -- bash -c "exit 7"
echo "status $?"
wait
SCRIPT
       systemctl start a; until [[ -s $LONGHAUL_ROOT/inside ]]; do :; done
       until grep -q status $LONGHAUL_ROOT/var/log/journal/a.service.log; do sleep 0.01; done
       systemctl kill --signal=KILL a
       until [[ $(systemctl is-active a) != active ]]; do sleep 0.01; done; echo killed`,
    );
    await says("cloud-init: killed");
    await says("a.service: status 7");
    const inside = readFileSync(site.file("i-1", "inside"), "utf8").trim();
    expect(readFileSync(site.file("i-1", "scope"), "utf8").trim()).to.equal(inside);
    expect(existsSync(`/proc/${inside}/exe`)).to.equal(true);
  });

  it("a change of the target stops the units that do not ignore it, and does not shut the machine down", async () => {
    const simple = (unit: string) =>
      `${unit}${service("ExecStart=/bin/sleep 600\nExecStop=/bin/bash -c 'systemctl is-system-running'")}`;
    await boot(
      { "a.service": simple(""), "b.service": simple("[Unit]\nIgnoreOnIsolate=yes\n") },
      `systemctl start a b
       systemctl isolate multi-user.target
       systemctl is-active a b
       echo "then: $(systemctl is-system-running)"
       shutdown -P now`,
    );
    await says("cloud-init: then: running");
    expect(machine.lines).to.include.members([
      "cloud-init: inactive",
      "cloud-init: active",
      "a.service: running",
    ]);
    await says("b.service: stopping");
  });

  it("at power-off, units stop in reverse order, and before processes without a unit", async () => {
    const says = (name: string) =>
      `Type=oneshot\nRemainAfterExit=yes\nExecStop=/bin/bash -c 'echo ${name} stops; echo ${name} >>$LONGHAUL_ROOT/order'`;
    await boot(
      {
        "first.service": `[Unit]\nAfter=network.target\nBefore=second.service\n${service(says("first"))}`,
        "second.service": `[Unit]\nWants=first.service\n${service(says("second"))}`,
      },
      `systemctl start second
       bash -c 'trap "echo rest >>$LONGHAUL_ROOT/order; exit" TERM; echo >$LONGHAUL_ROOT/ready; while :; do read -rt 1 <>$LONGHAUL_ROOT/run/never; done' &
       until [[ -e $LONGHAUL_ROOT/ready ]]; do :; done
       systemd-run --scope --quiet --property=Before=first.service -- bash -c 'trap "echo scope >>$LONGHAUL_ROOT/order; exit" TERM; echo >$LONGHAUL_ROOT/scoped; while :; do read -rt 1 <>$LONGHAUL_ROOT/run/never; done' &
       until [[ -e $LONGHAUL_ROOT/scoped ]]; do :; done
       poweroff`,
    );
    await until("the machine to be down", () => machine.downs.length > 0);
    const order = readFileSync(site.file("i-1", "order"), "utf8").trim().split("\n");
    expect(order).to.deep.equal(["second", "first", "scope", "rest"]);
    const network = site.networks.findIndex(([, isUp]) => !isUp);
    expect(network).to.equal(1);
  });

  it("at boot, units ordered before the network finish before the network is up and before all other units start", async () => {
    const slow = "Type=oneshot\nExecStart=/bin/bash -c 'sleep 0.05; echo first >>$LONGHAUL_ROOT/order'\n";
    const before = "Wants=network-pre.target\nBefore=network-pre.target sysinit.target\n";
    await boot(
      {
        "first.service": `[Unit]\nDefaultDependencies=no\n${before}${service(slow)}[Install]\nWantedBy=sysinit.target`,
        "other.service": `${service("Type=oneshot\nExecStart=/bin/bash -c 'cat $LONGHAUL_ROOT/order'\n")}[Install]\nWantedBy=multi-user.target`,
      },
      `systemctl enable first other; echo >$LONGHAUL_ROOT/order; reboot`,
    );
    await says("other.service: first");
    expect(site.networks.map(([, isUp]) => isUp)).to.deep.equal([true, false, true]);
  });

  it("a request that systemd does not support is refused", async () => {
    await boot({}, `systemctl mask a; echo "status $?"`);
    await says('does not know "systemctl mask a"');
    await says("status 1");
  });
});
