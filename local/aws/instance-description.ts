import { EmulatedAwsError } from "./errors.ts";
import type { Cloud, Instance, InstanceState } from "./state.ts";
import { rootVolumeId } from "./volumes.ts";

const stateCodes: Record<InstanceState, number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateOf({ state }: Instance): { code: number; name: InstanceState } {
  return { code: stateCodes[state], name: state };
}

/** The device of the one volume that a machine has. */
const rootDevice = "/dev/sda1";

/**
 * An instance as DescribeInstances reports it. A terminated one has left its
 * network, and its volume is gone.
 */
export function describeInstance(cloud: Cloud, instance: Instance) {
  const connected = instance.state !== "terminated";
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateOf(instance),
    reason: instance.stateReason?.message ?? "",
    stateReason: instance.stateReason,
    instanceType: instance.instanceType,
    architecture: instance.architecture,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: instance.availabilityZone, tenancy: "default" },
    monitoring: { state: "disabled" },
    rootDeviceName: rootDevice,
    rootDeviceType: "ebs",
    ...(connected
      ? {
          vpcId: instance.vpcId,
          subnetId: instance.subnetId,
          privateIpAddress: instance.privateIp,
          ipAddress: instance.publicIp,
          groupSet: instance.securityGroupIds.map((groupId) => ({ groupId })),
          blockDeviceMapping: [
            {
              deviceName: rootDevice,
              // Attached once, however often the instance is stopped and started.
              ebs: {
                volumeId: rootVolumeId(instance),
                status: "attached",
                attachTime: new Date(instance.createdAt),
                deleteOnTermination: true,
              },
            },
          ],
          iamInstanceProfile: instance.profile && { arn: profileArn(cloud, instance) },
        }
      : {}),
    tagSet: Object.entries(instance.tags).map(([key, value]) => ({ key, value })),
  };
}

function profileArn(cloud: Cloud, { profile }: Instance): string | undefined {
  const found = cloud.data.resources["aws:iam/instanceProfile:InstanceProfile"]?.[profile ?? ""];
  return found && String(found.arn);
}

/**
 * Whether an instance passes one filter of DescribeInstances: one of the
 * filter's values must match, with `*` and `?`.
 */
export function matches(cloud: Cloud, instance: Instance, name: string, wanted: readonly string[]): boolean {
  return actualValues(cloud, instance, name).some((actual) =>
    wanted.some((value) => wildcard(value).test(actual)),
  );
}

function actualValues(cloud: Cloud, instance: Instance, name: string): string[] {
  const connected = instance.state !== "terminated";
  switch (name) {
    case "instance-id":
      return [instance.id];
    case "instance-state-name":
      return [instance.state];
    case "tag-key":
      return Object.keys(instance.tags);
    case "vpc-id":
      return connected ? [instance.vpcId] : [];
    case "instance.group-id":
      return connected ? instance.securityGroupIds : [];
    case "iam-instance-profile.arn":
      return connected ? [profileArn(cloud, instance) ?? ""] : [];
  }
  return taggedValues(instance.tags, name);
}

/** Whether tags pass one filter on a tag's value. */
export function matchesTags(
  tags: Readonly<Record<string, string>>,
  name: string,
  wanted: readonly string[],
): boolean {
  return taggedValues(tags, name).some((actual) => wanted.some((value) => wildcard(value).test(actual)));
}

function taggedValues(tags: Readonly<Record<string, string>>, name: string): string[] {
  if (!name.startsWith("tag:"))
    throw new EmulatedAwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
  const value = tags[name.slice("tag:".length)];
  return value === undefined ? [] : [value];
}

function wildcard(text: string): RegExp {
  const source = text
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
