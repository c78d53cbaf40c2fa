import {
  CreateImageCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { refusal, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

const unlocked = { disableApiTermination: false, disableApiStop: false };

describe("an emulated instance", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
  });
  after(() => cloud.close());

  it("is booted with its user data, tags and credentials", async () => {
    const { id } = await cloud.machine();
    const hosted = cloud.host.machines.get(id)!;
    expect(hosted.userData.toString()).to.equal("#!/bin/bash");
    expect(hosted.tags()).to.deep.equal({ "longhaul:fleet": "cloud" });
    expect(hosted.credentials()).to.include({ roleName: "machines" });
    expect(hosted.credentials()!.expiration.getTime()).to.be.greaterThan(cloud.clock.now() + 3_600_000);
  });

  it("accepts any key of a tag, but no slash and no blank if its metadata shows tags", async () => {
    const key = "kubernetes.io/cluster of tests";
    const tagging = async (id: string) =>
      cloud.clients().ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: key, Value: "x" }] }));
    const shown = await cloud.machine();
    expect(await refusal(tagging(shown.id))).to.include("InvalidParameterValue");
    expect(await refusal(cloud.machine({ tags: { [key]: "x" } }))).to.include("is not a valid tag key");
    const hidden = await cloud.machine({ metadataOptions: { instanceMetadataTags: "disabled" } });
    await tagging(hidden.id);
    expect(hidden.tags).to.include({ [key]: "x" });
  });

  it("shows no tags in its metadata unless that is requested", async () => {
    const { id } = await cloud.machine({ metadataOptions: { httpTokens: "required" } });
    expect(cloud.host.machines.get(id)!.tags()).to.deep.equal({});
  });

  it("sleeps when it powers itself off, and keeps its disk", async () => {
    const machine = await cloud.machine();
    expect(machine.publicIp).to.match(/^203\.0\.113\./);
    cloud.host.goDown(machine.id, "poweroff");
    expect(machine).to.include({ state: "stopped" });
    expect(machine.publicIp).to.equal(undefined);
    expect(machine.stateReason?.code).to.equal("Client.InstanceInitiatedShutdown");
    expect(cloud.host.discarded).not.to.include(machine.id);
  });

  it("becomes an image when it is stopped, or when it runs and must not be rebooted for that", async () => {
    const { ec2 } = cloud.clients();
    const machine = await cloud.machine();
    const image = (NoReboot: boolean) =>
      ec2.send(new CreateImageCommand({ InstanceId: machine.id, Name: "mine", NoReboot }));
    expect(await refusal(image(false))).to.equal("IncorrectInstanceState");
    const { ImageId: live } = await image(true);
    cloud.host.goDown(machine.id, "poweroff");
    const { ImageId: still } = await image(false);
    expect(cloud.host.captured).to.deep.equal([`${machine.id} as ${live}`, `${machine.id} as ${still}`]);
    const filter = { Name: "image-id", Values: [live!] };
    const { Images } = await ec2.send(new DescribeImagesCommand({ Filters: [filter] }));
    expect(Images).to.have.length(1);
    expect(Images![0]).to.include({ ImageId: live, Architecture: "x86_64", State: "available" });
  });

  it("is gone when it powers itself off with the behaviour terminate, whatever its locks", async () => {
    const machine = await cloud.machine();
    machine.shutdownBehavior = "terminate";
    cloud.host.goDown(machine.id, "poweroff");
    expect(machine.state).to.equal("terminated");
    expect(cloud.host.discarded).to.include(machine.id);
  });

  it("keeps running through its own reboot", async () => {
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "reboot");
    expect(machine.state).to.equal("running");
  });

  it("is reported as running when its system has crashed, and a reboot repairs it", async () => {
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "crash");
    expect(machine.state).to.equal("running");
    await cloud.clients().ec2.send(new RebootInstancesCommand({ InstanceIds: [machine.id] }));
    expect([...cloud.host.machines.keys()]).to.include(machine.id);
  });

  it("is neither stopped nor terminated through the API while it is locked", async () => {
    const { ec2 } = cloud.clients();
    const { id } = await cloud.machine();
    const ids = { InstanceIds: [id] };
    expect(await refusal(ec2.send(new StopInstancesCommand(ids)))).to.equal("OperationNotPermitted");
    expect(await refusal(ec2.send(new TerminateInstancesCommand(ids)))).to.equal("OperationNotPermitted");
    expect(cloud.host.machines.has(id)).to.equal(true);
  });

  for (const lock of ["disableApiTermination", "disableApiStop"]) {
    it(`is not terminated while it has only the lock ${lock}`, async () => {
      const { id } = await cloud.machine({ ...unlocked, [lock]: true });
      const terminate = new TerminateInstancesCommand({ InstanceIds: [id] });
      expect(await refusal(cloud.clients().ec2.send(terminate))).to.equal("OperationNotPermitted");
    });
  }

  it("is not affected, like all others of its batch, when one of them is locked", async () => {
    const { ec2 } = cloud.clients();
    const [free, locked] = [await cloud.machine(unlocked), await cloud.machine()];
    const batch = ec2.send(new TerminateInstancesCommand({ InstanceIds: [free.id, locked.id] }));
    expect(await refusal(batch)).to.equal("OperationNotPermitted");
    expect([free.state, locked.state]).to.deep.equal(["running", "running"]);
  });

  it("is cut off by an unlocked stop, and starts again with its disk and another address", async () => {
    const { ec2 } = cloud.clients();
    const machine = await cloud.machine(unlocked);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [machine.id] }));
    expect(machine.state).to.equal("stopped");
    expect(cloud.host.machines.has(machine.id)).to.equal(false);
    await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    expect(machine.state).to.equal("running");
    expect(cloud.host.discarded).not.to.include(machine.id);
  });

  it("is described for an hour after its end, and not longer", async () => {
    const { ec2 } = cloud.clients();
    const { id } = await cloud.machine(unlocked);
    const describe = () => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    cloud.clock.advance(59 * 60_000);
    await describe();
    cloud.clock.advance(60_000);
    expect(await refusal(describe())).to.equal("InvalidInstanceID.NotFound");
  });

  it("that cannot boot fails the creation with the reason", async () => {
    const start = cloud.host.start.bind(cloud.host);
    cloud.host.start = () => Promise.reject(new Failure("no space left"));
    try {
      expect(await refusal(cloud.machine())).to.contain("Server.InternalError: no space left");
    } finally {
      cloud.host.start = start;
    }
  });

  it("runs a type with CPU credits as requested, and otherwise with EC2's default", async () => {
    const creditsOf = async (instanceType: string, cpuCredits?: string) => {
      const asked = cpuCredits === undefined ? {} : { creditSpecification: { cpuCredits } };
      return (await cloud.machine({ instanceType, ...asked })).cpuCredits;
    };
    expect(await creditsOf("t3.xlarge")).to.equal("unlimited");
    expect(await creditsOf("t2.xlarge")).to.equal("standard");
    expect(await creditsOf("t3.xlarge", "standard")).to.equal("standard");
    expect(await creditsOf("m5.xlarge", "standard")).to.equal(undefined);
  });
});
