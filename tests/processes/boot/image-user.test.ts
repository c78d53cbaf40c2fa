import { expect } from "chai";
import type { Instance } from "../../../local/aws/state.ts";
import { ownPath } from "../../../local/own-files.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

describe("a machine that runs jobs as the image's own user, an administrator", function () {
  this.timeout(300_000);
  let machines: MachineCloud;
  before(async () => {
    machines = await startMachineCloud();
  });
  after(async () => {
    await machines.close();
  });

  const path = `PATH=${ownPath("machines/commands")}:${process.env.PATH}`;
  /** Runs a command as the user, as a job does. */
  const asUser = (machine: Instance, user: string, ...command: string[]) =>
    machines.onMachine(machine, "setpriv", `--reuid=${user}`, "--", "/usr/bin/env", path, ...command);
  /** The groups that each image gives its user. */
  const groupsOf = { ubuntu: "adm sudo lxd", "ec2-user": "wheel adm systemd-journal" };
  const images = [
    { user: "ubuntu", imageId: "ami-0123456789abcdef0" },
    { user: "ec2-user", imageId: "ami-0a10ca1c10ad20231" },
  ] as const;

  for (const { user, imageId } of images) {
    it(`takes the rights of ${user} away if jobs may not use sudo`, async () => {
      const others =
        'printf "%s\\n" "admin:x:900:USER" "disk:x:6:root,USER" >>"$root/etc/group"\n'.replaceAll(
          "USER",
          user,
        );
      const before = `cp "$root/etc/group" "$root/fresh"\n${others}`;
      const machine = await machines.launch({ imageId, configuration: { user, sudo: false }, before });
      await machines.state(machine, "idle");
      for (const group of groupsOf[user].split(" "))
        expect(machines.read(machine, "fresh")).to.match(new RegExp(`^${group}:x:\\d+:${user}$`, "m"));
      const refusal: unknown = await asUser(machine, user, "sudo", "-n", "/bin/true").catch(
        (error: unknown) => error,
      );
      expect(refusal).to.be.an("error").with.property("message").that.includes("a password is required");
      expect(machines.read(machine, "etc/group")).to.not.include(user);
      await machines.remove(machine);
    });
  }

  it("keeps its user in the docker group only if the fleet has Docker", async () => {
    const group = 'echo "docker:x:999:ubuntu" >>"$root/etc/group"\n';
    for (const docker of [true, false]) {
      const machine = await machines.launch({
        configuration: { user: "ubuntu", sudo: false, docker },
        before: group,
      });
      await machines.state(machine, "idle");
      const members = /^docker:x:999:(.*)$/m.exec(machines.read(machine, "etc/group")!)![1];
      expect(members).to.equal(docker ? "ubuntu" : "");
      await machines.remove(machine);
    }
  });

  it("leaves its user's rights if jobs may use sudo", async () => {
    const machine = await machines.launch({ configuration: { user: "ubuntu", sudo: true } });
    await machines.state(machine, "idle");
    await asUser(machine, "ubuntu", "sudo", "-n", "/bin/true");
    expect(machines.read(machine, "etc/group")).to.include("sudo:x:27:ubuntu");
    await machines.remove(machine);
  });

  it("does not come up if another sudo rule gives rights, and names the rule", async () => {
    const rule = 'echo "ubuntu ALL=(ALL) NOPASSWD:ALL" >"$root/etc/sudoers.d/image"\n';
    const machine = await machines.launch({ configuration: { user: "ubuntu", sudo: false }, before: rule });
    await machines.state(machine, "boot-failed");
    expect(machine.tags["longhaul:detail"]).to.match(
      /^The user ubuntu may run everything with sudo \(\(ALL\) NOPASSWD: ALL\), and the fleet has sudo: false\. Take the rule/,
    );
    await machines.remove(machine);
  });
});
