import { expect } from "chai";
import type { Instance } from "../../../local/aws/state.ts";
import { eventually } from "../../environment.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

/*
 * A machine without apt-get. The same boot script runs there, and it must not
 * use what only Debian and Ubuntu have.
 */
describe("a machine of Amazon Linux 2023", function () {
  this.timeout(90_000);
  /** The image that the public parameter names on the local cloud. */
  const imageId = "ami-0a10ca1c10ad20231";
  let machines: MachineCloud;
  before(async () => {
    machines = await startMachineCloud();
  });
  after(() => machines.close());

  const asked = (machine: Instance) => (machines.read(machine, "var/log/stand-ins.log") ?? "").split("\n");
  const installs = (machine: Instance) => asked(machine).filter((line) => /^dnf .*install/.test(line));

  it("boots with packages from dnf, and uses no command of another distribution", async () => {
    const machine = await machines.launch({ imageId, configuration: { docker: true } });
    await machines.state(machine, "idle");
    expect(installs(machine)).to.deep.equal(["dnf -q -y install git iptables-nft libicu docker"]);
    expect(
      asked(machine).filter((line) => /^(apt-get|dpkg|update-ca-certificates)/.test(line)),
    ).to.deep.equal([]);
    expect(asked(machine), "Docker, which its package leaves stopped").to.include(
      "systemctl enable --now docker.service",
    );
    expect(machines.read(machine, "etc/apt/apt.conf.d/95longhaul-lock")).to.equal(undefined);
    expect(JSON.parse(machines.read(machine, "etc/docker/daemon.json")!)).to.deep.equal({
      "live-restore": true,
    });
  });

  it("puts certificates where the distribution's own command finds them", async () => {
    const caBundle = "-----BEGIN CERTIFICATE-----\nb25l\n-----END CERTIFICATE-----\n";
    const machine = await machines.launch({ imageId, configuration: { caBundle } });
    await machines.state(machine, "idle");
    expect(machines.read(machine, "etc/pki/ca-trust/source/anchors/longhaul-1.crt")).to.equal(caBundle);
    expect(asked(machine).filter((line) => line.startsWith("update-ca"))).to.deep.equal(["update-ca-trust "]);
  });

  it("installs nothing at a later boot", async () => {
    const machine = await machines.launch({ imageId });
    await machines.state(machine, "idle");
    expect(installs(machine)).to.have.length(1);
    await machines.cutPower(machine);
    await eventually(
      "it to boot again",
      () => machine.console.split("longhaul: installing packages").length > 2,
    );
    await machines.state(machine, "idle");
    expect(installs(machine)).to.have.length(1);
  });
});
