import { isDeepStrictEqual } from "node:util";
import { Failure } from "../../contract/failure.ts";
import type { Properties, ResourceType } from "../provider.ts";
import { optionalText, record, tagMap, texts } from "./input.ts";
import type { Instances, LaunchSpecification } from "./instances.ts";
import { instanceArn } from "./principals.ts";
import type { Cloud, Instance } from "./state.ts";
import { volumeOf } from "./volumes.ts";

/** `aws.ec2.Instance`, with the provider's in-place updates. */
export function instanceResource(cloud: Cloud, instances: Instances): ResourceType {
  const launch = (inputs: Properties): LaunchSpecification => {
    const plain = optionalText(inputs, "userData");
    const { volumeSize: size, volumeType: type, ...disk } = record(inputs, "rootBlockDevice") ?? {};
    return {
      imageId: String(inputs.ami),
      instanceType: String(inputs.instanceType),
      ...creditsOf(inputs),
      ...(size !== undefined && { disk: volumeOf({ ...disk, size, type }) }),
      subnetId: String(inputs.subnetId),
      securityGroupIds: texts(inputs, "vpcSecurityGroupIds"),
      profile: optionalText(inputs, "iamInstanceProfile"),
      userData: optionalText(inputs, "userDataBase64") ?? Buffer.from(plain ?? "").toString("base64"),
      shutdownBehavior: inputs.instanceInitiatedShutdownBehavior === "terminate" ? "terminate" : "stop",
      disableApiTermination: inputs.disableApiTermination === true,
      disableApiStop: inputs.disableApiStop === true,
      tags: tagMap(inputs),
      volumeTags: { ...(inputs.volumeTags as Record<string, string> | undefined) },
      tagsInMetadata: record(inputs, "metadataOptions")?.instanceMetadataTags === "enabled",
    };
  };

  return {
    create: async (inputs) => {
      const fault = await cloud.faults.meet("ec2:RunInstances");
      const { instance, done } = instances.launch(launch(inputs));
      if (fault?.answerLost) throw new Failure("RequestError: the answer to RunInstances was lost");
      await done;
      if (instance.state === "terminated" && instance.stateReason?.code.startsWith("Server.")) {
        throw new Failure(
          `waiting for EC2 Instance (${instance.id}) create: ${instance.stateReason.message}`,
        );
      }
      return { id: instance.id, state: stateOf(cloud, inputs, instance) };
    },
    read: (id, state) => {
      const instance = cloud.data.instances[id];
      const gone = !instance || instance.state === "terminated";
      return Promise.resolve(gone ? undefined : stateOf(cloud, state, instance));
    },
    update: async (id, state, inputs) => {
      const instance = cloud.data.instances[id]!;
      const needsStop = ["userData", "userDataBase64", "instanceType"].filter(
        (name) => !isDeepStrictEqual(state[name], inputs[name]),
      );
      const next = launch(inputs);
      if (needsStop.length > 0) {
        await instances.stop([instance]);
        instance.instanceType = next.instanceType;
        instance.userData = next.userData;
        await instances.start([instance]);
      }
      instance.tags = next.tags;
      instance.volumeTags = next.volumeTags;
      instance.shutdownBehavior = next.shutdownBehavior;
      instance.disableApiTermination = next.disableApiTermination;
      instance.disableApiStop = next.disableApiStop;
      return stateOf(cloud, { ...state, ...inputs }, instance);
    },
    delete: async (id) => {
      await cloud.faults.meet("ec2:TerminateInstances");
      const instance = cloud.data.instances[id];
      if (instance) await instances.terminate([instance]);
    },
    replaceOn: ["ami", "subnetId", "keyName", "rootBlockDevice", "associatePublicIpAddress"],
    inputsOf: (state) => Object.fromEntries(readable.map((name) => [name, state[name]])),
  };
}

/**
 * The CPU credits that the provider asks for: it asks only for types with
 * credits. If it asks for none, EC2's default applies.
 */
function creditsOf(inputs: Properties): Pick<LaunchSpecification, "cpuCredits"> {
  const type = String(inputs.instanceType);
  if (!/^t\d/.test(type)) return {};
  const asked = optionalText(record(inputs, "creditSpecification") ?? {}, "cpuCredits");
  return { cpuCredits: asked ?? (type.startsWith("t2.") ? "standard" : "unlimited") };
}

/** Inputs that can be read back from an instance. User data and disk are not read back here. */
const readable = [
  "ami",
  "instanceType",
  "subnetId",
  "vpcSecurityGroupIds",
  "iamInstanceProfile",
  "instanceInitiatedShutdownBehavior",
  "disableApiTermination",
  "disableApiStop",
  "tags",
];

/** What the provider reads back: the instance as it is now, with the inputs that cannot have changed. */
function stateOf(cloud: Cloud, inputs: Properties, instance: Instance): Properties {
  return {
    ...inputs,
    arn: instanceArn(cloud, instance.id),
    ami: instance.imageId,
    subnetId: instance.subnetId,
    vpcSecurityGroupIds: [...instance.securityGroupIds],
    ...(instance.profile !== undefined && { iamInstanceProfile: instance.profile }),
    instanceState: instance.state,
    instanceType: instance.instanceType,
    availabilityZone: instance.availabilityZone,
    privateIp: instance.privateIp,
    publicIp: instance.publicIp ?? "",
    instanceInitiatedShutdownBehavior: instance.shutdownBehavior,
    disableApiTermination: instance.disableApiTermination,
    disableApiStop: instance.disableApiStop,
    tags: { ...instance.tags },
    tagsAll: { ...instance.tags },
  };
}
