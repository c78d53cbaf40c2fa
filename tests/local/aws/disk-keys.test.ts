import { DescribeInstancesCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { controllerStatements } from "../../../components/fleet-controller/controller-policy.ts";
import { document } from "../../../components/iam/policy.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { eventually } from "../../environment.ts";
import { account, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

const key = `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const otherKey = `arn:aws:kms:${region}:${account}:key/0000abcd-12ab-34cd-56ef-1234567890ab`;
const ours = { "longhaul:project": "longhaul", "longhaul:environment": "dev", "longhaul:fleet": "cloud" };

describe("a machine with a disk under a customer's key", () => {
  let cloud: TestCloud;
  afterEach(() => cloud.close());

  /** A machine that sleeps. */
  async function asleep(rootBlockDevice: object = {}): Promise<Instance> {
    const disk = { volumeSize: 100, encrypted: true, ...rootBlockDevice };
    const machine = await cloud.machine({ rootBlockDevice: disk, tags: ours });
    cloud.host.goDown(machine.id, "poweroff");
    return machine;
  }

  /** Starts it with the controller's role, as the stack writes it for disks under these keys. */
  async function startAsController({ id }: Instance, diskKeys: readonly string[]) {
    const aws = { account, region, rolePath: "/", endpoints: {} };
    await cloud.make("role", { name: "controller", path: "/" });
    const policy = JSON.stringify(document(controllerStatements("dev", aws, diskKeys)));
    await cloud.make("rolePolicy", { role: "controller", name: "own", policy });
    await cloud.make("instanceProfile", { name: "controller", path: "/", role: "controller" });
    // It does not matter which machine has the credentials: only the role's policies are evaluated.
    const caller = await cloud.machine({ iamInstanceProfile: "controller" });
    return cloud.clients(caller).ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  }
  const settled = (machine: Instance) =>
    eventually("it has started or not", () => machine.state !== "pending");

  it("does not come up for a caller that may not grant the key to EC2, although EC2 accepts the start", async () => {
    cloud = await startTestCloud();
    const machine = await asleep({ kmsKeyId: key });
    const { StartingInstances } = await startAsController(machine, [otherKey]);
    expect(StartingInstances?.[0]?.CurrentState?.Name).to.equal("pending");
    await settled(machine);
    const { ec2 } = cloud.clients();
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [machine.id] }));
    const { State, StateReason } = Reservations![0]!.Instances![0]!;
    expect([State?.Name, StateReason?.Code]).to.deep.equal(["stopped", "Client.InternalError"]);
  });

  it("comes up for a controller that is configured with its key", async () => {
    cloud = await startTestCloud();
    const machine = await asleep({ kmsKeyId: key });
    await startAsController(machine, [key]);
    await settled(machine);
    expect(machine.state).to.equal("running");
  });

  it("is under the account's default key if it names none", async () => {
    cloud = await startTestCloud({ defaultDiskKey: key });
    const machine = await asleep();
    await startAsController(machine, []);
    await settled(machine);
    expect(machine.state).to.equal("stopped");
  });

  it("comes up for the operator", async () => {
    cloud = await startTestCloud();
    const machine = await asleep({ kmsKeyId: key });
    await cloud.clients().ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    await settled(machine);
    expect(machine.state).to.equal("running");
  });
});
