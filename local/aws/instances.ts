import { setImmediate as nextTurn } from "node:timers/promises";
import { sentenceOf } from "../../contract/failure.ts";
import type { HostedInstance, PowerDown } from "../machines/host.ts";
import { mayUseDisk } from "./disk-keys.ts";
import { EmulatedAwsError } from "./errors.ts";
import { resourceId } from "./ids.ts";
import { imageArchitecture, imageDistribution } from "./images.ts";
import { checkOffered } from "./offerings.ts";
import { instanceCredentials } from "./principals.ts";
import type { Principal } from "./principals.ts";
import type { Cloud, Instance, InstanceState, Volume } from "./state.ts";
import { privateAddress, publicAddress, subnetOf } from "./subnets.ts";
import { checkDemandedTags, checkInstanceTags, checkTags } from "./tag-rules.ts";
import { checkVolume } from "./volume-limits.ts";

/** What RunInstances and the provider's Instance have in common. */
export interface LaunchSpecification {
  imageId: string;
  instanceType: string;
  /** The credit option that is requested for a type with CPU credits. */
  cpuCredits?: string;
  disk?: Volume;
  subnetId: string;
  securityGroupIds: string[];
  profile: string | undefined;
  /** Base64. */
  userData: string;
  shutdownBehavior: "stop" | "terminate";
  disableApiTermination: boolean;
  disableApiStop: boolean;
  tags: Record<string, string>;
  volumeTags: Record<string, string>;
  tagsInMetadata: boolean;
}

/**
 * The life cycle of instances: what EC2 permits, and what the machines do. A
 * refusal (AwsError IncorrectInstanceState; OperationNotPermitted for a locked
 * one) is thrown at once and changes none of the instances. The promise settles
 * when the machines have come up or gone down, and never rejects.
 */
export interface Instances {
  /** @param caller in the name of which the disk is attached; absent: a caller that may do everything */
  launch: (
    specification: LaunchSpecification,
    caller?: Principal,
  ) => { instance: Instance; done: Promise<void> };
  /** @param caller as for `launch` */
  start: (instances: readonly Instance[], caller?: Principal) => Promise<void>;
  stop: (instances: readonly Instance[]) => Promise<void>;
  terminate: (instances: readonly Instance[]) => Promise<void>;
  reboot: (instances: readonly Instance[]) => Promise<void>;
}

/** EC2's limit for user data before base64. */
const maxUserDataBytes = 16_384;

const consoleBytes = 64 * 1024;

const credentialsLifetimeMs = 6 * 3_600_000;

export function createInstances(cloud: Cloud): Instances {
  /** Machines that were started and have not gone down. */
  const powered = new Set<string>();
  const rebooting = new Set<string>();

  /**
   * Starts machines that were launched or started. EC2 has already accepted the
   * call: a disk that cannot be attached shows only in the instance's state
   * reason.
   */
  const comeUp = async (
    instance: Instance,
    caller: Principal | undefined,
    otherwise: "stopped" | "terminated",
  ): Promise<void> => {
    const isAttached = caller === undefined || mayUseDisk(cloud, instance, caller);
    const code = isAttached ? cloud.faults.take("machine:Start")?.error : "Client.InternalError";
    if (code === undefined) return boot(instance, otherwise);
    await nextTurn(); // Let the answer say `pending` first.
    instance.stateReason = { code, message: `${code}: Client error on launch` };
    settle(instance, otherwise);
  };

  const boot = async (instance: Instance, otherwise: "stopped" | "terminated" = "stopped"): Promise<void> => {
    powered.add(instance.id);
    try {
      await cloud.host.start(hosted(instance));
      if (instance.state === "pending") settle(instance, "running");
    } catch (error) {
      powered.delete(instance.id);
      instance.stateReason = {
        code: "Server.InternalError",
        message: `Server.InternalError: ${sentenceOf(error, cloud.log)}`,
      };
      settle(instance, otherwise);
    }
  };

  /** The state is reached: update the addresses, and keep or delete what the machine leaves behind. */
  const settle = (instance: Instance, state: "running" | "stopped" | "terminated"): void => {
    instance.state = state;
    if (state === "running") {
      delete instance.stateReason;
      if (subnetOf(cloud, instance.subnetId).mapPublicIpOnLaunch === true)
        instance.publicIp = publicAddress();
    } else {
      delete instance.publicIp;
    }
    if (state === "terminated") {
      instance.terminatedAt = cloud.clock.now();
      delete instance.key;
      cloud.host.discard(instance.id).catch((error: unknown) => {
        print(instance, `local cloud: the disk could not be deleted: ${sentenceOf(error, cloud.log)}`);
      });
    }
  };

  const down = (instance: Instance, kind: PowerDown): void => {
    if (kind === "reboot") return; // The host boots the machine again on its own, and EC2 does not notice.
    powered.delete(instance.id);
    if (rebooting.delete(instance.id)) void boot(instance);
    else if (instance.state === "stopping") settle(instance, "stopped");
    else if (instance.state === "shutting-down") settle(instance, "terminated");
    else if (kind === "poweroff") {
      const message = "Client.InstanceInitiatedShutdown: Instance initiated shutdown";
      instance.stateReason = { code: "Client.InstanceInitiatedShutdown", message };
      settle(instance, instance.shutdownBehavior === "terminate" ? "terminated" : "stopped");
    }
    // After an unexpected crash, EC2 still calls the instance running.
  };

  const noticed = (instance: Instance, kind: PowerDown): void => {
    const fault = cloud.faults.take("machine:PowerDown");
    if (fault?.drop) return;
    if (fault?.delayMs) setTimeout(down, fault.delayMs / cloud.clock.factor, instance, kind).unref();
    else down(instance, kind);
  };

  const hosted = (instance: Instance): HostedInstance => ({
    id: instance.id,
    userData: Buffer.from(instance.userData, "base64"),
    imageId: instance.imageId,
    distribution: imageDistribution(instance.imageId),
    instanceType: instance.instanceType,
    architecture: instance.architecture,
    region: cloud.region,
    availabilityZone: instance.availabilityZone,
    account: cloud.account,
    privateIp: instance.privateIp,
    tags: () => (instance.tagsInMetadata ? { ...instance.tags } : {}),
    credentials: () => {
      const key = instanceCredentials(cloud, instance);
      return key?.token === undefined
        ? undefined
        : { ...key, token: key.token, expiration: new Date(cloud.clock.now() + credentialsLifetimeMs) };
    },
    console: (line) => {
      print(instance, line);
    },
    onDown: (kind) => {
      noticed(instance, kind);
    },
  });

  const print = (instance: Instance, line: string): void => {
    instance.console = `${instance.console}${line}\n`.slice(-consoleBytes);
  };

  const unplug = async (instance: Instance): Promise<void> => {
    if (!powered.has(instance.id)) {
      down(instance, "crash");
      return;
    }
    await cloud.host.kill(instance.id).catch((error: unknown) => {
      print(instance, `local cloud: the machine could not be ended: ${sentenceOf(error, cloud.log)}`);
    });
  };

  const shutDown = (instances: readonly Instance[], state: "stopping" | "shutting-down"): Promise<void> => {
    for (const instance of instances) {
      const message = "Client.UserInitiatedShutdown: User initiated shutdown";
      instance.stateReason = { code: "Client.UserInitiatedShutdown", message };
      instance.state = state;
    }
    return all(instances.map(unplug));
  };

  return {
    launch: (specification, caller) => {
      const instance = newInstance(cloud, specification);
      cloud.data.instances[instance.id] = instance;
      return { instance, done: comeUp(instance, caller, "terminated") };
    },
    start: (instances, caller) => {
      const off = instances.filter(({ state }) => state !== "running" && state !== "pending");
      refuse(off, "started", ["stopped"]);
      for (const instance of off) {
        instance.state = "pending";
        instance.launchedAt = cloud.clock.now();
        delete instance.stateReason;
      }
      return all(off.map((instance) => comeUp(instance, caller, "stopped")));
    },
    stop: (instances) => {
      const on = instances.filter(({ state }) => state !== "stopped" && state !== "stopping");
      refuse(on, "stopped", ["running", "pending"], ["disableApiStop"]);
      return shutDown(on, "stopping");
    },
    terminate: (instances) => {
      const left = instances.filter(({ state }) => state !== "terminated" && state !== "shutting-down");
      // The lock against stopping refuses termination too.
      const locks = ["disableApiTermination", "disableApiStop"] as const;
      refuse(left, "terminated", ["running", "pending", "stopping", "stopped"], locks);
      return shutDown(left, "shutting-down");
    },
    reboot: (instances) => {
      refuse(instances, "rebooted", ["running"]);
      return all(
        instances.map((instance) => {
          if (!powered.has(instance.id)) return boot(instance);
          rebooting.add(instance.id);
          return unplug(instance);
        }),
      );
    },
  };
}

async function all(acts: Promise<void>[]): Promise<void> {
  await Promise.all(acts);
}

/** @throws AwsError unless every instance is in one of the states and none is locked */
function refuse(
  instances: readonly Instance[],
  operation: string,
  states: readonly InstanceState[],
  locks: readonly ("disableApiTermination" | "disableApiStop")[] = [],
): void {
  for (const instance of instances) {
    const { id, state } = instance;
    if (!states.includes(state)) {
      const text = `The instance '${id}' is not in a state from which it can be ${operation}.`;
      throw new EmulatedAwsError("IncorrectInstanceState", text);
    }
    const lock = locks.find((attribute) => instance[attribute]);
    if (lock) {
      const text = `The instance '${id}' may not be ${operation}. Modify its '${lock}' instance attribute and try again.`;
      throw new EmulatedAwsError("OperationNotPermitted", text);
    }
  }
}

function newInstance(cloud: Cloud, specification: LaunchSpecification): Instance {
  const userDataBytes = Buffer.from(specification.userData, "base64").length;
  if (userDataBytes > maxUserDataBytes) {
    throw new EmulatedAwsError("InvalidParameterValue", `User data is limited to ${maxUserDataBytes} bytes`);
  }
  checkInstanceTags(specification.tags, specification.tagsInMetadata);
  checkTags(specification.volumeTags);
  checkDemandedTags(cloud, "an instance", specification.tags);
  checkDemandedTags(cloud, "a volume", specification.volumeTags);
  const { data, clock, faults } = cloud;
  const profiles = data.resources["aws:iam/instanceProfile:InstanceProfile"] ?? {};
  if (specification.profile !== undefined && !profiles[specification.profile]) {
    throw new EmulatedAwsError(
      "InvalidParameterValue",
      `Value (${specification.profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  for (const id of specification.securityGroupIds) {
    if (data.resources["aws:ec2/securityGroup:SecurityGroup"]?.[id]) continue;
    throw new EmulatedAwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
  }
  const { profile, disk, ...launched } = specification;
  if (disk) checkVolume(disk);

  const kmsKeyId = disk?.kmsKeyId ?? cloud.defaultDiskKey;
  const subnet = subnetOf(cloud, specification.subnetId);
  checkOffered(cloud, specification.instanceType, String(subnet.availabilityZone));
  return {
    ...launched,
    ...(disk && { disk: { ...disk, ...(kmsKeyId !== undefined && { kmsKeyId }) } }),
    ...(profile === undefined ? {} : { profile }),
    id: resourceId("i"),
    state: "pending",
    architecture: imageArchitecture(specification.imageId, specification.instanceType),
    createdAt: clock.now(),
    launchedAt: clock.now(),
    visibleFrom: clock.now() + (faults.take("machine:Appear")?.delayMs ?? 0),
    vpcId: String(subnet.vpcId),
    availabilityZone: String(subnet.availabilityZone),
    privateIp: privateAddress(cloud, subnet),
    console: "",
  };
}
