import { EmulatedAwsError } from "./errors.ts";
import type { RequestContext } from "./iam.ts";
import { createImage, describeImages } from "./images.ts";
import { flag, number, optionalText, record, records, tagsOf, text, texts } from "./input.ts";
import type { Input } from "./input.ts";
import { describeInstance, matches, matchesTags, stateOf } from "./instance-description.ts";
import type { Instances } from "./instances.ts";
import { instanceArn } from "./principals.ts";
import type { Need, Service } from "./server.ts";
import type { Cloud, Instance } from "./state.ts";
import { pageOf } from "./pages.ts";
import { checkInstanceTags, checkTags } from "./tag-rules.ts";
import { describeVolumes, rootVolumeId } from "./volumes.ts";

interface Taggable {
  current: Readonly<Record<string, string>>;
  /** @throws AwsError if EC2 does not accept these tags on it */
  check: (tags: Readonly<Record<string, string>>) => void;
  write: (tags: Record<string, string>) => void;
}

/** How long a terminated instance is still described, in milliseconds. */
const terminatedVisibleMs = 3_600_000;

/** EC2: the calls that the agent, the functions and the operator make about instances. */
export function ec2Service(cloud: Cloud, instances: Instances): Service {
  const { data, clock } = cloud;

  const visible = (): Instance[] =>
    Object.values(data.instances).filter(
      ({ visibleFrom, terminatedAt }) =>
        visibleFrom <= clock.now() && clock.now() - (terminatedAt ?? Infinity) < terminatedVisibleMs,
    );
  const find = (id: string): Instance => {
    if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
      throw new EmulatedAwsError("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
    }
    const instance = visible().find((each) => each.id === id);
    if (!instance)
      throw new EmulatedAwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
    return instance;
  };
  /** The owner of tags: an instance, or an instance's volume. */
  const findTaggable = (id: string): Taggable => {
    if (!id.startsWith("vol-")) {
      const instance = find(id);
      return {
        current: instance.tags,
        check: (tags) => {
          checkInstanceTags(tags, instance.tagsInMetadata);
        },
        write: (tags) => {
          instance.tags = tags;
        },
      };
    }
    const holder = visible().find((each) => rootVolumeId(each) === id && each.state !== "terminated");
    if (!holder) throw new EmulatedAwsError("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
    return {
      current: holder.volumeTags,
      check: checkTags,
      write: (tags) => {
        holder.volumeTags = tags;
      },
    };
  };
  const named = (input: Input): Instance[] => texts(input, "InstanceId").map(find);
  const need = (id: string, context: RequestContext = {}): Need => ({
    resource: instanceArn(cloud, id),
    context: {
      "ec2:InstanceID": id,
      ...tagContext("ResourceTag", data.instances[id]?.tags ?? {}),
      ...context,
    },
  });
  const needEach = (input: Input) => texts(input, "InstanceId").map((id) => need(id));

  /** Changes the power of the named instances, and answers with the states before and just after. */
  const power = (input: Input, act: (instances: readonly Instance[]) => Promise<void>) => {
    const before = named(input).map((instance) => ({ instance, previousState: stateOf(instance) }));
    void act(before.map(({ instance }) => instance));
    return {
      instancesSet: before.map(({ instance, previousState }) => ({
        instanceId: instance.id,
        currentState: stateOf(instance),
        previousState,
      })),
    };
  };

  return {
    signingName: "ec2",
    prefix: "ec2",
    actions: {
      RunInstances: {
        run: (input, caller) => {
          const count = number(input, "MaxCount") ?? 1;
          const launched = Array.from({ length: count }, () =>
            instances.launch(launchSpecification(input), caller),
          );
          return {
            reservationId: "r-0",
            ownerId: cloud.account,
            instancesSet: launched.map(({ instance }) => describeInstance(cloud, instance)),
          };
        },
      },
      DescribeInstances: {
        run: (input) => {
          const chosen = texts(input, "InstanceId").length > 0 ? named(input) : visible();
          const found = chosen.filter((instance) =>
            records(input, "Filter").every((filter) =>
              matches(cloud, instance, text(filter, "Name"), texts(filter, "Value")),
            ),
          );
          const { page, nextToken } = pageOf(found, input, 1000);
          return {
            reservationSet: page.map((instance) => ({
              reservationId: instance.id.replace("i-", "r-"),
              ownerId: cloud.account,
              instancesSet: [describeInstance(cloud, instance)],
            })),
            nextToken,
          };
        },
      },
      DescribeVolumes: {
        run: (input) => {
          const found = describeVolumes(cloud, (tags) =>
            records(input, "Filter").every((filter) =>
              matchesTags(tags, text(filter, "Name"), texts(filter, "Value")),
            ),
          );
          const { page, nextToken } = pageOf(found, input, 500);
          return { volumeSet: page, nextToken };
        },
      },
      DescribeImages: {
        run: (input) => {
          const [filter, ...others] = records(input, "Filter");
          if (!filter || others.length > 0 || text(filter, "Name") !== "image-id") {
            const problem = "The local cloud finds images only by the filter image-id.";
            throw new EmulatedAwsError("InvalidParameterValue", problem);
          }
          return { imagesSet: describeImages(cloud, texts(filter, "Value")) };
        },
      },
      CreateImage: {
        needs: (input) => [need(text(input, "InstanceId"))],
        run: async (input) => {
          const options = { name: text(input, "Name"), noReboot: flag(input, "NoReboot") ?? false };
          return { imageId: await createImage(cloud, find(text(input, "InstanceId")), options) };
        },
      },
      DescribeInstanceAttribute: {
        run: (input) => {
          const instance = find(text(input, "InstanceId"));
          const attribute = text(input, "Attribute");
          const values: Record<string, unknown> = {
            instanceInitiatedShutdownBehavior: instance.shutdownBehavior,
            disableApiTermination: instance.disableApiTermination,
            disableApiStop: instance.disableApiStop,
            userData: instance.userData,
            instanceType: instance.instanceType,
          };
          if (!(attribute in values))
            throw new EmulatedAwsError("InvalidParameterValue", `Value (${attribute}) is invalid.`);
          return { instanceId: instance.id, [attribute]: { value: values[attribute] } };
        },
      },
      ModifyInstanceAttribute: {
        needs: (input) => [
          need(text(input, "InstanceId"), { "ec2:Attribute": modification(input).attribute }),
        ],
        run: (input) => {
          const instance = find(text(input, "InstanceId"));
          if (instance.state === "terminated") {
            throw new EmulatedAwsError(
              "IncorrectInstanceState",
              `The instance '${instance.id}' is terminated.`,
            );
          }
          modify(instance, modification(input));
          return { return: true };
        },
      },
      CreateTags: {
        needs: (input) => tagNeeds(input, need),
        run: (input) => {
          const tags = tagsOf(input, "Tag");
          const taggable = texts(input, "ResourceId").map(findTaggable);
          for (const { current, check } of taggable) check({ ...current, ...tags });
          for (const { current, write } of taggable) write({ ...current, ...tags });
          return { return: true };
        },
      },
      DeleteTags: {
        needs: (input) => tagNeeds(input, need),
        run: (input) => {
          const keys = Object.keys(tagsOf(input, "Tag"));
          for (const { current, write } of texts(input, "ResourceId").map(findTaggable)) {
            write(Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key))));
          }
          return { return: true };
        },
      },
      StartInstances: {
        needs: needEach,
        run: (input, caller) => power(input, (named) => instances.start(named, caller)),
      },
      StopInstances: { needs: needEach, run: (input) => power(input, instances.stop) },
      TerminateInstances: { needs: needEach, run: (input) => power(input, instances.terminate) },
      RebootInstances: {
        needs: needEach,
        run: (input) => {
          void instances.reboot(named(input));
          return { return: true };
        },
      },
      GetConsoleOutput: {
        needs: (input) => [need(text(input, "InstanceId"))],
        run: (input) => {
          const instance = find(text(input, "InstanceId"));
          return {
            instanceId: instance.id,
            timestamp: new Date(clock.now()),
            output: Buffer.from(instance.console).toString("base64"),
          };
        },
      },
    },
  };
}

function launchSpecification(input: Input) {
  const specifications = records(input, "TagSpecification");
  const tagsFor = (type: string) => {
    const found = specifications.find((each) => text(each, "ResourceType") === type);
    return found ? tagsOf(found, "Tag") : {};
  };
  const profile = record(input, "IamInstanceProfile") ?? {};
  const metadata = record(input, "MetadataOptions") ?? {};
  return {
    imageId: text(input, "ImageId"),
    instanceType: text(input, "InstanceType"),
    subnetId: text(input, "SubnetId"),
    securityGroupIds: texts(input, "SecurityGroupId"),
    profile: optionalText(profile, "Name") ?? optionalText(profile, "Arn")?.split("/").pop(),
    userData: optionalText(input, "UserData") ?? "",
    shutdownBehavior: shutdownBehavior(optionalText(input, "InstanceInitiatedShutdownBehavior") ?? "stop"),
    disableApiTermination: flag(input, "DisableApiTermination") ?? false,
    disableApiStop: flag(input, "DisableApiStop") ?? false,
    tags: tagsFor("instance"),
    volumeTags: tagsFor("volume"),
    tagsInMetadata: optionalText(metadata, "InstanceMetadataTags") === "enabled",
  };
}

/** @throws AwsError InvalidParameterValue */
function shutdownBehavior(value: string): "stop" | "terminate" {
  if (value === "stop" || value === "terminate") return value;
  throw new EmulatedAwsError(
    "InvalidParameterValue",
    `Value (${value}) for parameter instanceInitiatedShutdownBehavior is invalid.`,
  );
}

interface Modification {
  /** The name that policies see in `ec2:Attribute`. */
  attribute: "InstanceInitiatedShutdownBehavior" | "DisableApiTermination" | "DisableApiStop";
  value: string;
}

const modifiable = ["InstanceInitiatedShutdownBehavior", "DisableApiTermination", "DisableApiStop"] as const;

/**
 * The one attribute that a request modifies. A request has one of two forms:
 * `X.Value=v`, or `Attribute=x&Value=v`.
 */
function modification(input: Input): Modification {
  const given = optionalText(input, "Attribute")?.toLowerCase();
  const found = modifiable.flatMap((attribute): Modification[] => {
    const own = record(input, attribute);
    if (own) return [{ attribute, value: text(own, "Value") }];
    return given === attribute.toLowerCase() ? [{ attribute, value: text(input, "Value") }] : [];
  });
  if (found.length === 1) return found[0]!;
  const problem = `Exactly one of ${modifiable.join(", ")} can be modified in one request.`;
  throw new EmulatedAwsError("InvalidParameterCombination", problem);
}

function modify(instance: Instance, { attribute, value }: Modification): void {
  if (attribute === "InstanceInitiatedShutdownBehavior") instance.shutdownBehavior = shutdownBehavior(value);
  else if (attribute === "DisableApiTermination") instance.disableApiTermination = value === "true";
  else instance.disableApiStop = value === "true";
}

function tagNeeds(input: Input, need: (id: string, context: RequestContext) => Need): Need[] {
  const tags = tagsOf(input, "Tag");
  const context = { "aws:TagKeys": Object.keys(tags), ...tagContext("RequestTag", tags) };
  return texts(input, "ResourceId").map((id) => need(id, context));
}

function tagContext(kind: "ResourceTag" | "RequestTag", tags: Record<string, string>): RequestContext {
  const prefixes = kind === "ResourceTag" ? ["aws:ResourceTag", "ec2:ResourceTag"] : ["aws:RequestTag"];
  return Object.fromEntries(
    prefixes.flatMap((prefix) => Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value])),
  );
}
