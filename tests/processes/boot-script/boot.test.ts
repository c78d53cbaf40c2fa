import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { bootScript, secrets } from "./script-fixture.ts";

describe("the boot script", () => {
  const script = bootScript();
  const { calls, downloads, file, prepare, reported } = script;

  it("turns a new instance into a registered runner, and arms the timer first and starts the agent last", async () => {
    const run = await prepare();
    const { status, output } = await run();
    expect(output).to.include("longhaul: starting the agent");
    expect(status).to.equal(0);
    const order = calls().filter((line) => !/^(curl|chown|chgrp|getent)/.test(line));
    expect(order.slice(0, 2)).to.deep.equal([
      "systemctl is-active --quiet longhaul-agent.service",
      "shutdown -P +60",
    ]);
    expect(order.slice(-2)).to.deep.equal([
      "systemctl daemon-reload",
      "systemctl start longhaul-agent.service",
    ]);
    expect(order).to.include.members([
      "useradd --create-home --shell /bin/bash runner",
      "usermod --append --groups docker runner",
      "iptables -w -C OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
    ]);
    expect(existsSync(`${script.root}/home/runner/actions-runner/.runner`)).to.equal(true);
    expect(file("node-calls")).to.equal(`node ${script.root}/opt/longhaul/agent.mjs register\n`);
    const unit = file("etc/systemd/system/longhaul-agent.service");
    expect(unit).to.include("KillMode=process\n").and.include("Restart=always\n");
    for (const name of ["agent", "shutdown", "boot"]) {
      const text = file(`etc/systemd/system/longhaul-${name}.service`);
      expect(text, name).to.match(/^\[Unit\]\n[^[]*StartLimitIntervalSec=0\n[^[]*\[Service\]/);
    }
    for (const name of ["agent", "shutdown"]) {
      const text = file(`etc/systemd/system/longhaul-${name}.service`);
      expect(text, `${name}: a change of the target stops it`).to.match(/^IgnoreOnIsolate=yes$/m);
    }
    expect(unit).to.include("Wants=longhaul-shutdown.service\n");
    const ender = file("etc/systemd/system/longhaul-shutdown.service");
    expect(ender).to.include("After=network.target network-online.target\n");
    expect(ender).to.include("Before=longhaul-agent.service\n");
    expect(ender).to.include(
      `ExecStop="${script.root}/opt/longhaul/node" "${script.root}/opt/longhaul/agent.mjs" end-listener\n`,
    );
    expect(unit).to.match(new RegExp(`^ExecStart="${script.root}/opt/longhaul/node"`, "m"));
    expect(reported().map((tags) => tags["Tag.1.Value"])).to.deep.equal(["booting"]);
  });

  it("logs in EC2's words why its state could not be reported, and continues", async () => {
    const refusal =
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>UnauthorizedOperation</Code>' +
      "<Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>1</RequestID></Response>";
    const run = await prepare();
    script.ec2 = { status: 403, body: refusal };
    const { status, output } = await run();
    expect(status).to.equal(0);
    expect(output).to.match(
      /could not be reported yet: ec2 answered 403 +UnauthorizedOperation You are not authorized to perform this operation\.\n/,
    );
  });

  it("repeats no step at a later boot, and registers once", async () => {
    const run = await prepare({ bootSteps: ['echo step >>"$LONGHAUL_ROOT/steps"'] });
    await run();
    rmSync(`${script.root}/run`, { recursive: true });
    rmSync(`${script.root}/commands/calls`);
    const { status } = await run();
    expect(status).to.equal(0);
    expect(file("steps")).to.equal("step\n");
    expect(file("node-calls").trim().split("\n")).to.have.length(1);
    expect(downloads()).to.have.length(1);
    const ofLogs = /^(curl|id|chown|mount|mountpoint) /; // Mounts are in memory, so each boot makes them again.
    const again = calls().filter((line) => !ofLogs.test(line));
    expect(again).to.deep.equal([
      "systemctl is-active --quiet longhaul-agent.service",
      "shutdown -P +60",
      "systemctl is-active --quiet longhaul-agent.service",
      // Finishes packages that a power cut may have interrupted. Usually there are none.
      "dpkg --force-confdef --force-confold --configure -a",
      "systemctl restart longhaul-metadata.service",
      "iptables -w -C OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
      "systemctl daemon-reload",
      "systemctl start longhaul-agent.service",
    ]);
  });

  it("continues an interrupted first boot where it stopped", async () => {
    const run = await prepare({
      bootSteps: [
        'echo one >>"$LONGHAUL_ROOT/steps"',
        '[[ -e $LONGHAUL_ROOT/fixed ]] && echo two >>"$LONGHAUL_ROOT/steps"',
      ],
    });
    const first = await run();
    expect(first.status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^Boot step 2 ended with 1: /);
    put(`${script.root}/fixed`, "");
    expect((await run()).status).to.equal(0);
    expect(file("steps")).to.equal("one\ntwo\n");
    expect(calls().filter((line) => line.startsWith("useradd"))).to.have.length(1);
  });

  describe("on the disk of another machine", () => {
    it("only arms the timer, in case the user data never runs, and names the machine that the disk belongs to", async () => {
      const run = await prepare();
      put(`${script.root}/var/lib/longhaul/instance`, "i-2\n");
      const { status, output } = await run();
      expect(status).to.equal(0);
      expect(output).to.include("this disk comes from i-2, and this machine is i-1");
      expect(output).to.include("powers off in an hour unless the user data runs");
      expect(calls().filter((line) => !/^(curl|systemctl is-active)/.test(line))).to.deep.equal([
        "shutdown -P +60",
      ]);
      expect(reported()).to.deep.equal([]);
    });

    it("continues if the metadata service does not answer, because the agent checks again", async () => {
      const run = await prepare();
      script.isSilent = true;
      const { output } = await run();
      expect(calls()).to.include("shutdown -P +60");
      expect(output).to.include("the metadata service has no credentials");
    });
  });

  it("reports a failed registration, and retries it at the next boot without another download", async () => {
    const run = await prepare();
    put(`${script.root}/registration-fails`, "");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^registering: .* ended with 1\.$/);
    rmSync(`${script.root}/registration-fails`);
    expect((await run()).status).to.equal(0);
    expect(downloads()).to.have.length(1);
  });

  it("puts no credential on a command line, and signs its report with all of them", async () => {
    await (
      await prepare()
    )();
    expect(file("commands/calls")).to.not.match(/canary/i);
    const { authorization, "x-amz-security-token": token } = script.server.requests.find(
      ({ method, path }) => method === "POST" && path === "/",
    )!.headers;
    expect(authorization)
      .to.include(`Credential=${secrets.AccessKeyId}/`)
      .and.include("x-amz-security-token");
    expect(token).to.equal(secrets.Token);
  });

  it("does not arm the power-off timer if it is run by hand beside a working agent", async () => {
    const run = await prepare();
    put(`${script.root}/active`, "");
    expect((await run()).status).to.equal(0);
    expect(calls()).to.not.include("shutdown -P +60");
    expect(existsSync(`${script.root}/run/longhaul/boot`), "no boot begins").to.equal(false);
  });

  for (const name of ["Runner.Listener", "Runner.Worker"]) {
    it(`does not arm the power-off timer if it is run by hand beside a ${name} without an agent`, async () => {
      const run = await prepare();
      const bin = `${script.root}/home/runner/actions-runner/bin`;
      mkdirSync(bin, { recursive: true });
      copyFileSync("/bin/sleep", `${bin}/${name}`);
      chmodSync(`${bin}/${name}`, 0o755);
      const child = spawn(`${bin}/${name}`, ["600"], { cwd: bin });
      try {
        await new Promise((resolve) => child.once("spawn", resolve));
        await run();
        expect(calls()).to.not.include("shutdown -P +60");
        const mounts = calls().filter((line) => line.startsWith("mount "));
        expect(mounts, "a mount would hide the logs that it writes").to.deep.equal([]);
      } finally {
        child.kill("SIGKILL");
      }
    });
  }

  it("ignores the listener of another machine on the same computer", async () => {
    const run = await prepare();
    copyFileSync("/bin/sleep", `${script.root}/Runner.Listener`);
    const child = spawn(`${script.root}/Runner.Listener`, ["600"], { cwd: script.root });
    try {
      await new Promise((resolve) => child.once("spawn", resolve));
      await run();
      expect(calls()).to.include("shutdown -P +60");
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("records when the boot began, and keeps that time when it runs again in the same boot", async () => {
    const run = await prepare();
    const before = Math.floor(Date.now() / 1000);
    await run();
    const began = Number(file("run/longhaul/boot"));
    expect(began).to.be.within(before, Date.now() / 1000);
    put(`${script.root}/run/longhaul/boot`, `${began - 60}\n`);
    rmSync(`${script.root}/commands/calls`);
    await run();
    expect(Number(file("run/longhaul/boot"))).to.equal(began - 60);
    expect(calls(), "its timer is not postponed").to.not.include("shutdown -P +60");
  });
});
