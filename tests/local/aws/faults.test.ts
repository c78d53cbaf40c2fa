import { DescribeInstancesCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { eventually } from "../../environment.ts";
import { refusal, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

describe("a fault", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
  });
  after(() => cloud.close());

  const describeAll = () => cloud.clients().ec2.send(new DescribeInstancesCommand({}));

  it("throttles as many calls as it was armed for", async () => {
    cloud.aws.faults.add({ action: "ec2:DescribeInstances", times: 2, error: "RequestLimitExceeded" });
    expect(await refusal(describeAll())).to.equal("RequestLimitExceeded");
    expect(await refusal(describeAll())).to.equal("RequestLimitExceeded");
    await describeAll();
  });

  it("affects only its action, in the form of its protocol", async () => {
    const undo = cloud.aws.faults.add({ action: "ssm:GetParameter", error: "ThrottlingException" });
    await describeAll();
    const read = cloud.clients().ssm.send(new GetParameterCommand({ Name: "/none" }));
    expect(await refusal(read)).to.equal("ThrottlingException");
    undo();
  });

  it("can be disarmed", async () => {
    cloud.aws.faults.add({ action: "ec2:DescribeInstances", times: 9, error: "InternalError" })();
    await describeAll();
  });

  it("of a start comes after EC2 has accepted the call, and shows in the state reason", async () => {
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "poweroff");
    cloud.aws.faults.add({ action: "machine:Start", error: "Server.InternalError" });
    const start = new StartInstancesCommand({ InstanceIds: [machine.id] });
    expect((await cloud.clients().ec2.send(start)).StartingInstances?.[0]?.CurrentState?.Name).to.equal(
      "pending",
    );
    await eventually("it is off again", () => machine.state === "stopped");
    expect(machine.stateReason?.code).to.equal("Server.InternalError");
    await cloud.clients().ec2.send(start);
    await eventually("it runs", () => machine.state === "running");
  });

  it("of capacity affects the creation and the start of a machine", async () => {
    const noCapacity = { error: "InsufficientInstanceCapacity" };
    cloud.aws.faults.add({ action: "ec2:RunInstances", ...noCapacity });
    expect(await refusal(cloud.machine())).to.contain(noCapacity.error);
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "poweroff");
    cloud.aws.faults.add({ action: "ec2:StartInstances", ...noCapacity });
    const start = () => cloud.clients().ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    expect(await refusal(start())).to.equal(noCapacity.error);
    expect(machine.state).to.equal("stopped");
    await start();
  });

  it("of consistency hides a new machine from DescribeInstances for a while", async () => {
    cloud.aws.faults.add({ action: "machine:Appear", delayMs: 5_000 });
    const { id } = await cloud.machine();
    const describeIt = () => cloud.clients().ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(await refusal(describeIt())).to.equal("InvalidInstanceID.NotFound");
    cloud.clock.advance(5_000);
    await describeIt();
  });

  it("of events leaves EC2 unaware that a machine has gone down", async () => {
    cloud.aws.faults.add({ action: "machine:PowerDown", drop: true });
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "poweroff");
    expect(machine.state).to.equal("running");
  });

  it("of time delays a call by the cloud's clock", async () => {
    cloud.clock.setFactor(1000);
    cloud.aws.faults.add({ action: "ec2:DescribeInstances", delayMs: 60_000 });
    const begin = cloud.clock.now();
    await describeAll();
    expect(cloud.clock.now() - begin).to.be.at.least(59_000);
    cloud.clock.setFactor(1);
  });
});
