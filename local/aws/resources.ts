import type { Properties, ResourceType } from "../provider.ts";
import { tableArn, tableType } from "./dynamodb.ts";
import { EmulatedAwsError } from "./errors.ts";
import { principalId, resourceId } from "./ids.ts";
import { tagMap } from "./input.ts";
import { createLogGroup, logGroupArn } from "./logs.ts";
import { detachAll, roleType } from "./managed-policies.ts";
import { checkInlinePolicy, checkTrustPolicy, rolePolicyType } from "./policy-sizes.ts";
import { nameOf, queueArn, queueType, queueUrl } from "./queues.ts";
import type { Cloud, Instance } from "./state.ts";
import { checkDemandedTags } from "./tag-rules.ts";
import { checkVolume } from "./volume-limits.ts";
import { volumeOf, volumeType } from "./volumes.ts";

/**
 * A type of resources that are stored as they were made, with the values that
 * AWS adds. Most of these resources have no further effect.
 */
export interface Kind {
  /** The resource's id: a generated one, or the name where AWS identifies the resource by name. */
  id(inputs: Properties): string;
  /** Outputs that are not inputs. */
  outputs?(inputs: Properties, id: string): Properties;
  /** Inputs that replace the resource when they change. */
  replaceOn: readonly string[];
  /** Resources of this type have no tags. */
  untagged?: boolean;
  /** Whether AWS refuses to delete the resource while this instance is not terminated. */
  heldBy?(id: string, instance: Instance): boolean;
  /** Types and inputs that refer to the resource by id; it cannot be deleted before they are. */
  referredBy?: Readonly<Record<string, string>>;
  created?(id: string): void;
  /**
   * Carries out the resource's effect when it is made and at each update, and
   * returns the outputs that follow from that.
   */
  applied?(inputs: Properties, id: string): Properties | Promise<Properties>;
  deleted?(id: string): void;
}

/** All types of resources that are only stored, by Pulumi token. */
export function kinds(cloud: Cloud): Readonly<Record<string, Kind>> {
  const { account, region, data } = cloud;
  const named = (inputs: Properties) => String(inputs.name);
  const ec2 = (
    prefix: string,
    noun: string,
  ): Pick<Kind, "id"> & { outputs: (i: Properties, id: string) => Properties } => ({
    id: () => resourceId(prefix),
    outputs: (_inputs, id) => ({ arn: `arn:aws:ec2:${region}:${account}:${noun}/${id}`, ownerId: account }),
  });
  const iam = (noun: string, prefix: "AROA" | "AIPA"): Pick<Kind, "id" | "outputs" | "replaceOn"> => ({
    id: named,
    outputs: (inputs, id) => ({
      arn: `arn:aws:iam::${account}:${noun}${typeof inputs.path === "string" ? inputs.path : "/"}${id}`,
      path: inputs.path ?? "/",
      uniqueId: principalId(prefix),
      createDate: new Date(cloud.clock.now()).toISOString(),
    }),
    replaceOn: ["name", "path"],
  });

  return {
    "aws:ec2/vpc:Vpc": {
      ...ec2("vpc", "vpc"),
      replaceOn: ["cidrBlock"],
      heldBy: (id, { vpcId }) => vpcId === id,
      referredBy: {
        "aws:ec2/subnet:Subnet": "vpcId",
        "aws:ec2/internetGateway:InternetGateway": "vpcId",
        "aws:ec2/routeTable:RouteTable": "vpcId",
        "aws:ec2/securityGroup:SecurityGroup": "vpcId",
      },
    },
    "aws:ec2/internetGateway:InternetGateway": {
      ...ec2("igw", "internet-gateway"),
      replaceOn: [],
      // AWS gives mapped public addresses as the reason.
      heldBy: (id, instance) =>
        instance.publicIp !== undefined &&
        data.resources["aws:ec2/internetGateway:InternetGateway"]?.[id]?.vpcId === instance.vpcId,
    },
    "aws:ec2/subnet:Subnet": {
      ...ec2("subnet", "subnet"),
      replaceOn: ["vpcId", "cidrBlock", "availabilityZone"],
      heldBy: (id, { subnetId }) => subnetId === id,
    },
    [volumeType]: {
      id: () => resourceId("vol"),
      outputs: (_inputs, id) => ({
        arn: `arn:aws:ec2:${region}:${account}:volume/${id}`,
        createTime: new Date(cloud.clock.now()).toISOString(),
      }),
      applied: (inputs) => {
        checkVolume(volumeOf(inputs));
        return {};
      },
      replaceOn: ["availabilityZone"],
    },
    "aws:ec2/routeTable:RouteTable": {
      ...ec2("rtb", "route-table"),
      replaceOn: ["vpcId"],
      referredBy: { "aws:ec2/routeTableAssociation:RouteTableAssociation": "routeTableId" },
    },
    "aws:ec2/route:Route": {
      id: () => resourceId("r"),
      outputs: () => ({ origin: "CreateRoute", state: "active" }),
      replaceOn: ["routeTableId", "destinationCidrBlock"],
      untagged: true,
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {
      id: () => resourceId("rtbassoc"),
      replaceOn: ["subnetId"],
      untagged: true,
    },
    "aws:ec2/securityGroup:SecurityGroup": {
      ...ec2("sg", "security-group"),
      replaceOn: ["name", "description", "vpcId"],
      heldBy: (id, { securityGroupIds }) => securityGroupIds.includes(id),
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
      id: () => resourceId("sgr"),
      outputs: (_inputs, id) => ({
        arn: `arn:aws:ec2:${region}:${account}:security-group-rule/${id}`,
        securityGroupRuleId: id,
      }),
      replaceOn: ["securityGroupId"],
    },
    [roleType]: {
      ...iam("role", "AROA"),
      applied: ({ assumeRolePolicy }) => {
        checkTrustPolicy(assumeRolePolicy);
        return {};
      },
      deleted: (id) => {
        detachAll(cloud, id);
      },
      referredBy: {
        [rolePolicyType]: "role",
        "aws:iam/instanceProfile:InstanceProfile": "role",
      },
    },
    [rolePolicyType]: {
      id: (inputs) => `${String(inputs.role)}:${String(inputs.name)}`,
      applied: (inputs, id) => {
        checkInlinePolicy(cloud, id, inputs);
        return {};
      },
      replaceOn: ["name", "role"],
      untagged: true,
    },
    "aws:iam/instanceProfile:InstanceProfile": {
      ...iam("instance-profile", "AIPA"),
      // AWS would delete it under a running machine. Here that is refused, so that a
      // missing guard is noticed.
      heldBy: (id, { profile }) => profile === id,
    },
    [tableType]: {
      id: named,
      outputs: (_inputs, id) => ({ arn: tableArn(cloud, id), streamArn: "" }),
      replaceOn: ["name", "hashKey"],
      deleted: (id) => {
        data.tables = Object.fromEntries(Object.entries(data.tables).filter(([name]) => name !== id));
      },
    },
    [queueType]: {
      id: (inputs) => queueUrl(cloud, named(inputs)),
      outputs: (inputs, id) => ({ arn: queueArn(cloud, named(inputs)), url: id }),
      replaceOn: ["name"],
      deleted: (id) => {
        data.queues = Object.fromEntries(Object.entries(data.queues).filter(([name]) => name !== nameOf(id)));
      },
    },
    "aws:cloudwatch/logGroup:LogGroup": {
      id: named,
      outputs: (_inputs, id) => ({ arn: logGroupArn(cloud, id) }),
      replaceOn: ["name"],
      created: (id) => {
        createLogGroup(cloud, id);
      },
      deleted: (id) => {
        data.logs = Object.fromEntries(Object.entries(data.logs).filter(([name]) => name !== id));
      },
    },
  };
}

/**
 * A stored resource in the form that the engine needs. `read` returns exactly
 * what was made, so a refresh changes nothing.
 */
export function storedResource(cloud: Cloud, type: string, kind: Kind): ResourceType {
  const { data } = cloud;
  const stored = () => (data.resources[type] ??= {});
  return {
    create: async (inputs) => {
      const id = kind.id(inputs);
      if (stored()[id])
        throw new EmulatedAwsError("EntityAlreadyExists", `${type} with the name ${id} already exists.`, 409);
      if (!kind.untagged) checkDemandedTags(cloud, `${type} ${id}`, tagMap(inputs));
      kind.created?.(id);
      const state = {
        ...inputs,
        ...kind.outputs?.(inputs, id),
        ...(await kind.applied?.(inputs, id)),
        ...(kind.untagged ? {} : { tagsAll: tagMap(inputs) }),
      };
      stored()[id] = state;
      return { id, state };
    },
    read: (id) => Promise.resolve(stored()[id]),
    update: async (id, state, inputs) => {
      const tagsAll = kind.untagged ? {} : { tagsAll: tagMap(inputs) };
      const next = { ...state, ...inputs, ...(await kind.applied?.(inputs, id)), ...tagsAll };
      stored()[id] = next;
      return next;
    },
    delete: (id) => {
      const holders = Object.values(data.instances).filter(
        (instance) => instance.state !== "terminated" && kind.heldBy?.(id, instance),
      );
      const referrers = Object.entries(kind.referredBy ?? {}).flatMap(([other, input]) =>
        Object.entries(data.resources[other] ?? {}).filter(([, state]) => state[input] === id),
      );
      const dependents = [...holders.map((instance) => instance.id), ...referrers.map(([other]) => other)];
      if (dependents.length > 0) {
        const code = type.startsWith("aws:iam") ? "DeleteConflict" : "DependencyViolation";
        throw new EmulatedAwsError(
          code,
          `${id} has dependencies and cannot be deleted: ${dependents.join(", ")}.`,
        );
      }
      kind.deleted?.(id);
      data.resources[type] = Object.fromEntries(Object.entries(stored()).filter(([other]) => other !== id));
      return Promise.resolve();
    },
    replaceOn: kind.replaceOn,
  };
}
