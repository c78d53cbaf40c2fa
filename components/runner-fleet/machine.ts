import { Instance } from "@pulumi/aws/ec2/instance.js";
import type { InstanceArgs } from "@pulumi/aws/ec2/instance.js";
import type * as pulumi from "@pulumi/pulumi";
import { markedTags } from "../../contract/own-tags.ts";
import { tags } from "../../contract/tags.ts";
import type { MachinePlan } from "./machine-shape.ts";
import { runnerTags } from "../../contract/resource-tags.ts";
import type { OwnTags } from "../../contract/resource-tags.ts";
import { compressUserData } from "./user-data.ts";

/** What a machine needs that is known only once its surroundings exist. Its shape names them. */
export interface MachineSurroundings {
  ami: pulumi.Input<string>;
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** Name of the instance profile. */
  instanceProfile: pulumi.Input<string>;
  /** Configured tags. They are in no fingerprint: `settle` changes them on an existing machine. */
  ownTags: OwnTags;
  /** ARN of the customer's key of its disk; absent: AWS's own key. */
  diskKey?: string | undefined;
}

/**
 * The instance of a machine. Never add an input here that is in neither the
 * plan nor the surroundings: it would not be in the fingerprint.
 *
 * The subnet decides about a public address: `associatePublicIpAddress` would
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
    // The locks: it cannot be stopped or terminated through the API. A shutdown from inside still works.
    disableApiTermination: true,
    disableApiStop: true,
    instanceInitiatedShutdownBehavior: "stop",
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1, // Keeps containers behind a bridge out.
      // They are not read there, and EC2 would refuse tags whose keys have a slash or a blank.
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
 * Declares a machine. It is never changed after its creation (what the run time
 * does to it is not drift). When it is no longer declared, it is dropped from the
 * state without a call: it ends itself once its job has ended.
 */
export function createMachine(
  plan: MachinePlan,
  surroundings: MachineSurroundings,
  options: {
    parent: pulumi.Resource;
    dependsOn: pulumi.Resource[];
    /** Id of a living instance that this resource adopts: see adoption.ts. */
    import?: string;
  },
): Instance {
  return new Instance(plan.resourceName, instanceArgs(plan, surroundings), {
    ...options,
    retainOnDelete: true,
    ignoreChanges: ["*"],
  });
}
