import { expect } from "chai";
import type { Instance } from "../../../local/aws/state.ts";
import { sourcePath } from "../../../local/machines/bundle.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

describe("a machine whose jobs run as the image's own user, an administrator", function () {
  this.timeout(300_000);
  let machines: MachineCloud;
  before(async () => {
    machines = await startMachineCloud();
  });
  after(async () => {
    await machines.close();
  });

  const path = `PATH=${sourcePath("local/machines/commands")}:${process.env.PATH}`;
  /** What a job does, as the user. */
  const asUser = (machine: Instance, ...command: string[]) =>
    machines.onMachine(machine, "setpriv", "--reuid=ubuntu", "--", "/usr/bin/env", path, ...command);

  it("takes its rights away where jobs may not use sudo", async () => {
    const machine = await machines.launch({ told: { user: "ubuntu", sudo: false } });
    await machines.state(machine, "idle");
    const refusal: unknown = await asUser(machine, "sudo", "-n", "/bin/true").catch(
      (error: unknown) => error,
    );
    expect(refusal).to.be.an("error").with.property("message").that.includes("a password is required");
    expect(machines.read(machine, "etc/group")).to.not.include("ubuntu");
    await machines.remove(machine);
  });

  it("leaves it Docker where the fleet has Docker", async () => {
    const group = 'echo "docker:x:999:ubuntu" >>"$root/etc/group"\n';
    for (const docker of [true, false]) {
      const machine = await machines.launch({ told: { user: "ubuntu", sudo: false, docker }, before: group });
      await machines.state(machine, "idle");
      const members = /^docker:x:999:(.*)$/m.exec(machines.read(machine, "etc/group")!)![1];
      expect(members).to.equal(docker ? "ubuntu" : "");
      await machines.remove(machine);
    }
  });

  it("leaves them where jobs may", async () => {
    const machine = await machines.launch({ told: { user: "ubuntu", sudo: true } });
    await machines.state(machine, "idle");
    await asUser(machine, "sudo", "-n", "/bin/true");
    expect(machines.read(machine, "etc/group")).to.include("sudo:x:27:ubuntu");
    await machines.remove(machine);
  });

  it("does not come up with rights of another source, and says which", async () => {
    const rule = 'echo "ubuntu ALL=(ALL) NOPASSWD:ALL" >"$root/etc/sudoers.d/image"\n';
    const machine = await machines.launch({ told: { user: "ubuntu", sudo: false }, before: rule });
    await machines.state(machine, "boot-failed");
    expect(machine.tags["longhaul:detail"]).to.match(
      /^The user ubuntu may do everything by sudo \(\(ALL\) NOPASSWD: ALL\), and the fleet has sudo: false\. Take the rule/,
    );
    await machines.remove(machine);
  });
});
