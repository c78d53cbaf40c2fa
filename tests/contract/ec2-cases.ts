import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  GetConsoleOutputCommand,
  ModifyInstanceAttributeCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type {
  DescribeInstancesCommandOutput,
  DescribeVolumesCommandOutput,
  Filter,
  Instance,
  ModifyInstanceAttributeRequest,
  RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually, refusal } from "./target.ts";
import type { Case, Clients, Target } from "./target.ts";

async function describeOne({ ec2 }: Clients, id: string): Promise<Instance> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations[0]!.Instances![0]!;
}

async function reach(clients: Clients, id: string, state: string): Promise<Instance> {
  return eventually(`${id} is ${state}`, async () => {
    const instance = await describeOne(clients, id);
    return instance.State?.Name === state ? instance : undefined;
  });
}

/** A running instance. */
async function launch(
  clients: Clients,
  target: Target,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<string> {
  const { Instances = [] } = await clients.ec2.send(
    new RunInstancesCommand({
      ImageId: target.imageId,
      InstanceType: "m5.xlarge",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: target.subnetId,
      SecurityGroupIds: [target.securityGroupId],
      ...more,
    }),
  );
  const id = Instances[0]!.InstanceId!;
  await reach(clients, id, "running");
  return id;
}

function modify({ ec2 }: Clients, request: ModifyInstanceAttributeRequest) {
  return ec2.send(new ModifyInstanceAttributeCommand(request));
}

function instanceIds({ Reservations = [] }: DescribeInstancesCommandOutput): string[] {
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId!));
}

async function found({ ec2 }: Clients, ...filters: Filter[]): Promise<string[]> {
  return instanceIds(await ec2.send(new DescribeInstancesCommand({ Filters: filters })));
}

function pageOf({ ec2 }: Clients, token?: string): Promise<DescribeInstancesCommandOutput> {
  const next = token === undefined ? {} : { NextToken: token };
  const filter = { Name: "tag:page", Values: ["yes"] };
  return ec2.send(new DescribeInstancesCommand({ Filters: [filter], MaxResults: 5, ...next }));
}

function diskPageOf({ ec2 }: Clients, token?: string): Promise<DescribeVolumesCommandOutput> {
  const next = token === undefined ? {} : { NextToken: token };
  const filter = { Name: "tag:page", Values: ["disks"] };
  return ec2.send(new DescribeVolumesCommand({ Filters: [filter], MaxResults: 5, ...next }));
}

function tagSpecification(tags: Record<string, string>): Partial<RunInstancesCommandInput> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return { TagSpecifications: [{ ResourceType: "instance", Tags }] };
}

const start = ({ ec2 }: Clients, id: string) => ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
const stop = ({ ec2 }: Clients, id: string) => ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
const terminate = ({ ec2 }: Clients, id: string) =>
  ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));

/** The life cycle of an instance, and what the locks refuse. */
export const ec2Cases: readonly Case[] = [
  {
    title: "an instance is described as it was launched",
    run: async (clients, target) => {
      const id = await launch(clients, target, tagSpecification({ "longhaul:fleet": "cloud & <more>" }));
      const instance = await describeOne(clients, id);
      expect(instance).to.include({
        ImageId: target.imageId,
        SubnetId: target.subnetId,
        VpcId: target.vpcId,
      });
      expect(instance).to.include({ InstanceType: "m5.xlarge", Architecture: "x86_64" });
      expect(instance.Tags).to.deep.equal([{ Key: "longhaul:fleet", Value: "cloud & <more>" }]);
      expect(instance.SecurityGroups?.map(({ GroupId }) => GroupId)).to.deep.equal([target.securityGroupId]);
      expect(instance.LaunchTime).to.be.instanceOf(Date);
    },
  },
  {
    title: "an instance's root volume shows when it was made, whenever it was last started",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      const attached = ({ RootDeviceName, BlockDeviceMappings = [] }: Instance) =>
        BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.AttachTime;
      const made = attached(await describeOne(clients, id));
      expect(made).to.be.instanceOf(Date);
      await stop(clients, id);
      await reach(clients, id, "stopped");
      await start(clients, id);
      const again = await reach(clients, id, "running");
      expect(attached(again)).to.deep.equal(made);
      expect(again.LaunchTime!.getTime()).to.be.at.least(made!.getTime());
    },
  },
  {
    title: "images are found by their ids, with the day they were made, and unknown ones are left out",
    run: async ({ ec2 }, { imageId }) => {
      const Values = [imageId, "ami-0fffffffffffffff0"];
      const { Images = [] } = await ec2.send(
        new DescribeImagesCommand({ IncludeDeprecated: true, Filters: [{ Name: "image-id", Values }] }),
      );
      expect(Images.map(({ ImageId }) => ImageId)).to.deep.equal([imageId]);
      expect(Images[0]!.CreationDate).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    },
  },
  {
    title: "a stopped instance starts again under its id",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      const { StoppingInstances: [stopping] = [] } = await stop(clients, id);
      expect(stopping?.PreviousState?.Name).to.equal("running");
      await reach(clients, id, "stopped");
      const { StartingInstances: [starting] = [] } = await start(clients, id);
      expect([starting?.PreviousState?.Name, starting?.CurrentState?.Name]).to.deep.equal([
        "stopped",
        "pending",
      ]);
      await reach(clients, id, "running");
    },
  },
  {
    title: "a terminated instance is still described, without its network",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      await terminate(clients, id);
      const gone = await reach(clients, id, "terminated");
      expect(gone.StateTransitionReason).to.contain("User initiated");
      expect(gone.VpcId ?? "").to.equal("");
    },
    motoDiffers: "moto keeps the network of a terminated instance; AWS no longer reports it",
  },
  {
    title: "a terminated instance does not start",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      await terminate(clients, id);
      await reach(clients, id, "terminated");
      expect(await refusal(start(clients, id))).to.equal("IncorrectInstanceState");
    },
    motoDiffers: "moto starts a terminated instance; AWS refuses",
  },
  {
    title: "a lock against termination that is set at launch holds",
    run: async (clients, target) => {
      const id = await launch(clients, target, { DisableApiTermination: true });
      expect(await refusal(terminate(clients, id))).to.equal("OperationNotPermitted");
    },
    motoDiffers: "moto ignores DisableApiTermination at launch; AWS takes it",
  },
  {
    title: "a lock against termination holds until it is lifted",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      await modify(clients, { InstanceId: id, DisableApiTermination: { Value: true } });
      expect(await refusal(terminate(clients, id))).to.equal("OperationNotPermitted");
      await modify(clients, { InstanceId: id, DisableApiTermination: { Value: false } });
      await terminate(clients, id);
      await reach(clients, id, "terminated");
    },
  },
  {
    title: "a lock against stopping refuses a stop",
    run: async (clients, target) => {
      const id = await launch(clients, target, { DisableApiStop: true });
      expect(await refusal(stop(clients, id))).to.equal("OperationNotPermitted");
      await reach(clients, id, "running");
    },
  },
  {
    title: "a lock against stopping refuses termination too",
    run: async (clients, target) => {
      const id = await launch(clients, target, { DisableApiStop: true });
      expect(await refusal(terminate(clients, id))).to.equal("OperationNotPermitted");
    },
    motoDiffers: "moto's DisableApiStop refuses only stop; AWS's refuses stop and terminate",
  },
  {
    title: "the shutdown behaviour of a running instance can be changed, by its own field",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      await modify(clients, { InstanceId: id, InstanceInitiatedShutdownBehavior: { Value: "terminate" } });
      expect(await shutdownBehavior(clients, id)).to.equal("terminate");
    },
    motoDiffers: "moto accepts only the Attribute/Value form; AWS accepts both",
  },
  {
    title: "the shutdown behaviour of a running instance can be changed, by attribute and value",
    run: async (clients, target) => {
      const id = await launch(clients, target, { InstanceInitiatedShutdownBehavior: "terminate" });
      expect(await shutdownBehavior(clients, id)).to.equal("terminate");
      await modify(clients, {
        InstanceId: id,
        Attribute: "instanceInitiatedShutdownBehavior",
        Value: "stop",
      });
      expect(await shutdownBehavior(clients, id)).to.equal("stop");
    },
  },
  {
    title: "tags are overwritten and removed",
    run: async (clients, target) => {
      const id = await launch(clients, target, tagSpecification({ "longhaul:state": "booting", keep: "it" }));
      const tag = (Key: string, Value: string) => ({ Resources: [id], Tags: [{ Key, Value }] });
      await clients.ec2.send(new CreateTagsCommand(tag("longhaul:state", "idle")));
      await clients.ec2.send(new CreateTagsCommand(tag("longhaul:job", "")));
      await clients.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "keep" }] }));
      const { Tags = [] } = await describeOne(clients, id);
      expect(Tags).to.have.deep.members([
        { Key: "longhaul:state", Value: "idle" },
        { Key: "longhaul:job", Value: "" },
      ]);
    },
  },
  {
    title: "filters choose instances: all filters, any value of each",
    run: async (clients, target) => {
      const id = await launch(clients, target, tagSpecification({ "longhaul:runner": "filters-cloud-1" }));
      const runner = { Name: "tag:longhaul:runner", Values: ["other", "filters-*"] };
      expect(await found(clients, runner)).to.deep.equal([id]);
      const fitting: Filter[] = [
        { Name: "tag-key", Values: ["longhaul:runner"] },
        { Name: "vpc-id", Values: [target.vpcId] },
        { Name: "instance.group-id", Values: [target.securityGroupId] },
        { Name: "instance-state-name", Values: ["pending", "running"] },
        { Name: "instance-id", Values: [id] },
      ];
      expect(await found(clients, runner, ...fitting)).to.deep.equal([id]);
      expect(await found(clients, runner, { Name: "instance-state-name", Values: ["stopped"] })).to.be.empty;
    },
  },
  {
    title: "a long list comes in pages",
    run: async (clients, target) => {
      const tags = tagSpecification({ page: "yes" });
      const ids = await Promise.all(Array.from({ length: 7 }, () => launch(clients, target, tags)));
      const first = await pageOf(clients);
      const second = await pageOf(clients, first.NextToken);
      const pages = [first, second].map(instanceIds);
      expect(second.NextToken).to.equal(undefined);
      expect(pages.map(({ length }) => length)).to.deep.equal([5, 2]);
      expect(pages.flat()).to.have.members(ids);
    },
  },
  {
    title: "a long list of disks comes in pages as well",
    motoDiffers: "moto gives all disks in one answer; EC2 in pages of MaxResults",
    run: async (clients, target) => {
      const Tags = [{ Key: "page", Value: "disks" }];
      const TagSpecifications = (["instance", "volume"] as const).map((ResourceType) => ({
        ResourceType,
        Tags,
      }));
      await Promise.all(Array.from({ length: 7 }, () => launch(clients, target, { TagSpecifications })));
      const first = await diskPageOf(clients);
      const second = await diskPageOf(clients, first.NextToken);
      expect([first, second].map(({ Volumes = [] }) => Volumes.length)).to.deep.equal([5, 2]);
      expect(second.NextToken).to.equal(undefined);
    },
  },
  {
    title: "no page is larger or smaller than EC2 makes them",
    motoDiffers:
      "moto takes any MaxResults; EC2 refuses less than 5, and more than 1,000 machines or 500 disks",
    run: async ({ ec2 }) => {
      for (const MaxResults of [4, 1001])
        expect(await refusal(ec2.send(new DescribeInstancesCommand({ MaxResults })))).to.equal(
          "InvalidParameterValue",
        );
      for (const MaxResults of [4, 501])
        expect(await refusal(ec2.send(new DescribeVolumesCommand({ MaxResults })))).to.equal(
          "InvalidParameterValue",
        );
    },
  },
  {
    title: "an unknown instance id and a malformed one have different errors",
    run: async (clients) => {
      const ask = (id: string) => clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      expect(await refusal(ask("i-0123456789abcdef0"))).to.equal("InvalidInstanceID.NotFound");
      expect(await refusal(ask("i-nonsense"))).to.equal("InvalidInstanceID.Malformed");
    },
    motoDiffers: "moto calls every unknown id NotFound; AWS calls a malformed id Malformed",
  },
  {
    title: "the console output can be read, and an instance rebooted",
    run: async (clients, target) => {
      const id = await launch(clients, target);
      await clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
      await reach(clients, id, "running");
      const { Output = "" } = await clients.ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
      expect(Buffer.from(Output, "base64").toString()).to.match(/\S/);
    },
  },
  {
    title: "user data of more than 16 KB is refused",
    run: async (clients, target) => {
      const UserData = Buffer.alloc(16_385, "x").toString("base64");
      expect(await refusal(launch(clients, target, { UserData }))).to.equal("InvalidParameterValue");
    },
    motoDiffers: "moto takes user data of any size; AWS at most 16,384 bytes before base64",
  },
];

async function shutdownBehavior({ ec2 }: Clients, id: string): Promise<string | undefined> {
  const attribute = "instanceInitiatedShutdownBehavior";
  const answer = await ec2.send(
    new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: attribute }),
  );
  return answer.InstanceInitiatedShutdownBehavior?.Value;
}
