import { CreateImageCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { machineName } from "../../../contract/names.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { eventually } from "../../environment.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

/*
 * Machines that are made from the image of a used one. Its disk holds the
 * other machine's registration, its marks, its boot script and its units.
 */
describe("a machine made from the image of a used machine", function () {
  this.timeout(90_000);
  let machines: MachineCloud;
  let used: Instance;
  let imageId: string;
  const caBundle = "-----BEGIN CERTIFICATE-----\nb25l\n-----END CERTIFICATE-----\n";
  before(async () => {
    machines = await startMachineCloud();
    used = await machines.launch({ configuration: { docker: true, caBundle } });
    await machines.state(used, "idle");
    const { ImageId } = await machines.ec2.send(
      new CreateImageCommand({ InstanceId: used.id, Name: "used", NoReboot: true }),
    );
    imageId = ImageId!;
  });
  after(() => machines.close());

  const registeredAs = (machine: Instance) => {
    const text = machines.read(machine, "home/runner/actions-runner/.runner");
    return text === undefined ? undefined : (JSON.parse(text) as { agentName: string }).agentName;
  };
  const ownName = ({ id }: Instance) => machineName(machines.configuration.runner, id);
  const sessionOf = (machine: Instance) =>
    machines.cloud.github.runners().find(({ name }) => name === ownName(machine))?.session?.id;

  for (const baked of [false, true]) {
    it(`registers under its own name${baked ? ", with the runner that the image brings" : ""}`, async () => {
      const session = sessionOf(used);
      const machine = await machines.launch({ imageId, configuration: { baked } });
      await machines.state(machine, "idle");
      expect(machine.console).to.include(
        `this disk comes from ${used.id}, and this machine is ${machine.id}`,
      );
      expect(registeredAs(machine)).to.equal(ownName(machine));
      expect(machines.entriesOf(machine)).to.equal(1);
      expect(machine).to.include({ state: "running", shutdownBehavior: "stop" });
      // The other machine keeps working with its own session.
      expect(registeredAs(used)).to.equal(ownName(used));
      expect(sessionOf(used)).to.equal(session);
      await machines.remove(machine);
    });
  }

  it("uses nothing of the other machine while it has no token of its own", async () => {
    const machine = await machines.launch({ imageId, withoutToken: true });
    await eventually("the agent to wait for a token", () =>
      machine.console.includes("Waiting for the registration token."),
    );
    expect(registeredAs(machine)).to.equal(undefined);
    expect(machine.console).to.not.include("longhaul-agent.service: ");
    for (const path of ["listed", "done/registration", "ledger", "ending"])
      expect(machines.read(machine, `var/lib/longhaul/${path}`), path).to.equal(undefined);
    expect(machines.read(machine, "var/lib/longhaul/instance")).to.equal(`${machine.id}\n`);
    await machines.remove(machine);
  });

  it("starts nothing if the image is launched without user data", async () => {
    const session = sessionOf(used);
    const machine = await machines.launch({ imageId, userData: "" });
    await eventually("the other machine's boot script to come to its end", () =>
      machine.console.includes("does nothing until the user data has run"),
    );
    expect(machine.console).to.not.include("longhaul-agent.service: ");
    expect(machine.console).to.not.include("arming the timer");
    expect(sessionOf(used)).to.equal(session);
    await machines.remove(machine);
  });

  it("lifts the other machine's denials for the jobs' user during its boot steps, and then denies the same again", async () => {
    const mask = "etc/systemd/system/user@$(id -u runner).service";
    const bootSteps = ["echo '@daily true' | crontab -u runner -", `test ! -L "$LONGHAUL_ROOT/${mask}"`];
    const machine = await machines.launch({ imageId, configuration: { bootSteps } });
    await machines.state(machine, "idle");
    expect(machines.read(machine, "var/spool/cron/crontabs/runner")).to.equal("@daily true\n");
    const refusal: unknown = await machines.asJob(machine, "crontab -l").catch((error: unknown) => error);
    expect(refusal).to.be.an("error").with.property("message").that.includes("not allowed");
    await machines.asJob(machine, `test "$(readlink "$LONGHAUL_ROOT/${mask}")" = /dev/null`);
    await machines.remove(machine);
  });

  it("removes Docker's live-restore setting if its fleet turns it off", async () => {
    const configuration = { docker: true, dockerLiveRestore: false, bootSteps: ["docker swarm init"] };
    const machine = await machines.launch({ imageId, configuration });
    await machines.state(machine, "idle");
    expect(machines.read(machine, "etc/docker/daemon.json")).to.equal("{}");
    await machines.remove(machine);
  });

  it("trusts none of the other machine's certificates", async () => {
    const trusted = (machine: Instance) => machines.read(machine, "etc/ssl/certs/ca-certificates.crt");
    expect(trusted(used)).to.equal(caBundle);
    const machine = await machines.launch({ imageId });
    await machines.state(machine, "idle");
    expect(trusted(machine)).to.equal("");
    await machines.remove(machine);
  });

  it("sleeps and wakes like any other machine", async () => {
    const machine = await machines.launch({ imageId });
    await machines.state(machine, "idle");
    await machines.onMachine(machine, "shutdown", "-P", "now");
    await eventually("the machine to be stopped", () => machine.state === "stopped");
    machine.tags["longhaul:state"] = "asleep";
    await machines.ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    await machines.state(machine, "idle");
    expect(machines.entriesOf(machine)).to.equal(1);
    await machines.remove(machine);
  });
});
