import {
  ModifyInstanceAttributeCommand,
  paginateDescribeInstances,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { EC2Client, Filter, Instance as Ec2Instance } from "@aws-sdk/client-ec2";
import { failedStartOf } from "../../contract/failed-starts.ts";
import { tags } from "../../contract/tags.ts";
import type { Instance } from "../../observe/machine.ts";
import type { InstanceFilter, InstanceSource } from "../../observe/sources.ts";
import { awsCall } from "./aws-call.ts";
import { filterBy, tagFilters, tagsOf } from "./ec2-tags.ts";

/** EC2, as far as the operator's command needs it. */
export interface Instances extends InstanceSource {
  /** The instance as it is at this moment; undefined if EC2 does not know it. */
  find(instanceId: string): Promise<Instance | undefined>;
  /** Sets or releases both of EC2's locks, against stopping and against termination. */
  setLocks(instanceId: string, locked: boolean): Promise<void>;
  /** Starts all or none. Only for instances that EC2 describes as stopped. */
  start(instanceIds: readonly string[]): Promise<void>;
  terminate(instanceId: string): Promise<void>;
}

/** @throws ServiceError from each of its functions */
export function instancesOf(ec2: EC2Client): Instances {
  const describe = async (filters: Filter[]): Promise<Instance[]> => {
    const found: Instance[] = [];
    await awsCall("ec2:DescribeInstances", async () => {
      // An unknown id in a filter is no error.
      for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters: filters })) {
        const instances = page.Reservations?.flatMap((reservation) => reservation.Instances ?? []) ?? [];
        found.push(...instances.map(toInstance));
      }
    });
    return found;
  };
  return {
    describe: (filter) => describe(filtersOf(filter)),
    find: async (instanceId) => (await describe([filterBy("instance-id", instanceId)]))[0],
    setLocks: async (InstanceId, Value) => {
      // EC2 accepts one attribute at a time.
      for (const attribute of ["DisableApiStop", "DisableApiTermination"] as const) {
        const command = new ModifyInstanceAttributeCommand({ InstanceId, [attribute]: { Value } });
        await awsCall("ec2:ModifyInstanceAttribute", () => ec2.send(command));
      }
    },
    start: async (instanceIds) => {
      const command = new StartInstancesCommand({ InstanceIds: [...instanceIds] });
      await awsCall("ec2:StartInstances", () => ec2.send(command));
    },
    terminate: async (instanceId) => {
      const command = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
      await awsCall("ec2:TerminateInstances", () => ec2.send(command));
    },
  };
}

function filtersOf(filter: InstanceFilter): Filter[] {
  const { tags, instanceIds, vpcId, securityGroupId, instanceProfileArn } = filter;
  return [
    ...tagFilters(tags),
    ...(instanceIds ? [filterBy("instance-id", ...instanceIds)] : []),
    ...(vpcId === undefined ? [] : [filterBy("vpc-id", vpcId)]),
    ...(securityGroupId === undefined ? [] : [filterBy("instance.group-id", securityGroupId)]),
    ...(instanceProfileArn === undefined ? [] : [filterBy("iam-instance-profile.arn", instanceProfileArn)]),
  ];
}

function toInstance(described: Ec2Instance): Instance {
  const { InstanceId, ImageId, State, StateReason, LaunchTime, Tags } = described;
  const instanceTags = tagsOf(Tags);
  const reason = { code: StateReason?.Code ?? "", message: StateReason?.Message ?? "" };
  const failedStart = failedStartOf(
    State!.Name!,
    reason,
    instanceTags[tags.failedStarts],
    LaunchTime!.getTime(),
  );
  return {
    id: InstanceId!,
    state: State!.Name!,
    stateReason: reason.message,
    ...(failedStart && { failedStart }),
    imageId: ImageId!,
    launchedAt: LaunchTime!.toISOString(),
    createdAt: (rootAttachedAt(described) ?? LaunchTime!).toISOString(),
    tags: instanceTags,
  };
}

/** EC2's LaunchTime is that of the last start; the root volume was attached at the beginning. */
function rootAttachedAt({ RootDeviceName, BlockDeviceMappings = [] }: Ec2Instance): Date | undefined {
  return BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.AttachTime;
}
