import { Instance } from "@pulumi/aws/ec2/instance.js";
import type { InstanceArgs } from "@pulumi/aws/ec2/instance.js";
import type * as pulumi from "@pulumi/pulumi";
import { markedTags } from "../../contract/own-tags.ts";
import { tags } from "../../contract/tags.ts";
import type { MachinePlan } from "./machine-shape.ts";
import { runnerTags } from "../../contract/resource-tags.ts";
import type { OwnTags } from "../../contract/resource-tags.ts";
import { compressUserData } from "./user-data.ts";

/** What a machine needs that is known only when its surroundings exist. What they are is in its shape. */
export interface MachineSurroundings {
  ami: pulumi.Input<string>;
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** Name of the instance profile. */
  instanceProfile: pulumi.Input<string>;
  /** Tags of one's own. They are in no fingerprint: on a machine that stands, `settle` changes them. */
  ownTags: OwnTags;
  /** ARN of the customer's key that its disk will be under; absent: it is AWS's own. */
  diskKey?: string | undefined;
}

/**
 * The instance of a machine. Never add an input here that is in neither the
 * plan nor the surroundings: it would not be in the fingerprint.
 *
 * A public address is the subnet's to decide: `associatePublicIpAddress` would
 * read back as a difference whenever the machine is asleep.
 */
export function instanceArgs(
  { shape, fingerprint }: MachinePlan,
  surroundings: MachineSurroundings,
): InstanceArgs {
  const { disk, cpuCredits } = shape;
  const machineTags = {
    ...runnerTags(shape.environment, shape.fleet, shape.runner, markedTags(surroundings.ownTags)),
    [tags.fingerprint]: fingerprint,
    [tags.generation]: String(shape.generation),
    ...(surroundings.diskKey !== undefined && { [tags.diskKey]: surroundings.diskKey }),
  };
  return {
    ami: surroundings.ami,
    instanceType: shape.instanceType,
    ...(cpuCredits !== undefined && { creditSpecification: { cpuCredits } }),
    subnetId: surroundings.subnetId,
    vpcSecurityGroupIds: [surroundings.securityGroupId],
    iamInstanceProfile: surroundings.instanceProfile,
    // The locks: nobody stops or terminates it through the API. A shutdown from inside still works.
    disableApiTermination: true,
    disableApiStop: true,
    instanceInitiatedShutdownBehavior: "stop",
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1, // Keeps containers behind a bridge out.
      // Nothing reads them there, and EC2 would refuse everybody's tags with a slash or a blank in the key.
      instanceMetadataTags: "disabled",
    },
    rootBlockDevice: {
      volumeType: "gp3",
      volumeSize: disk.sizeGb,
      encrypted: true,
      deleteOnTermination: true,
      ...(disk.iops !== undefined && { iops: disk.iops }),
      ...(disk.throughput !== undefined && { throughput: disk.throughput }),
      ...(disk.kmsKeyArn !== undefined && { kmsKeyId: disk.kmsKeyArn }),
    },
    userDataBase64: compressUserData(shape.userData, shape.runner),
    tags: machineTags,
    volumeTags: machineTags,
  };
}

/**
 * Declares a machine. Once made it is never changed (what the run time does to
 * it is no drift), and when it is no longer declared it is dropped from the
 * state without a call: it ends itself, when its job has ended.
 */
export function createMachine(
  plan: MachinePlan,
  surroundings: MachineSurroundings,
  options: {
    parent: pulumi.Resource;
    dependsOn: pulumi.Resource[];
    /** Id of a living instance that this resource is to become: see adoption.ts. */
    import?: string;
  },
): Instance {
  return new Instance(plan.resourceName, instanceArgs(plan, surroundings), {
    ...options,
    retainOnDelete: true,
    ignoreChanges: ["*"],
  });
}
