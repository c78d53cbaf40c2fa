import type { ProviderFunctions } from "../provider.ts";
import { managedDiskKey } from "./disk-keys.ts";
import { record, records, text, texts } from "./input.ts";
import { matches } from "./instance-description.ts";
import { networkFunctions } from "./network-functions.ts";
import { parameterArn, parameterOf } from "./parameters.ts";
import { instanceArn } from "./principals.ts";
import type { Cloud, Instance } from "./state.ts";

/** The data sources that the stack reads. */
export function providerFunctions(cloud: Cloud): ProviderFunctions {
  const { account, region } = cloud;
  const visible = (): Instance[] =>
    Object.values(cloud.data.instances).filter(({ visibleFrom }) => visibleFrom <= cloud.clock.now());
  return {
    ...networkFunctions(cloud),
    "aws:ec2/getInstances:getInstances": async (args) => {
      await cloud.faults.meet("ec2:DescribeInstances");
      const tags = Object.entries(record(args, "instanceTags") ?? {});
      const states = texts(args, "instanceStateNames");
      const found = visible().filter(
        (instance) =>
          matches(cloud, instance, "instance-state-name", states.length > 0 ? states : ["running"]) &&
          tags.every(([key, value]) => matches(cloud, instance, `tag:${key}`, [String(value)])),
      );
      return { ...args, id: region, ids: found.map(({ id }) => id) };
    },
    /** Reports instances only. Terminated ones are included, because AWS's index forgets them late. */
    "aws:resourcegroupstaggingapi/getResources:getResources": async (args) => {
      await cloud.faults.meet("tag:GetResources");
      const found = visible().filter((instance) =>
        records(args, "tagFilters").every((filter) =>
          matches(cloud, instance, `tag:${text(filter, "key")}`, texts(filter, "values")),
        ),
      );
      const list = found.map(({ id, tags }) => ({ resourceArn: instanceArn(cloud, id), tags: { ...tags } }));
      return { ...args, id: region, resourceTagMappingLists: list };
    },
    "aws:ebs/getDefaultKmsKey:getDefaultKmsKey": async (args) => {
      await cloud.faults.meet("ec2:GetEbsDefaultKmsKeyId");
      return { ...args, id: region, keyArn: cloud.defaultDiskKey ?? managedDiskKey };
    },
    "aws:ssm/getParameter:getParameter": async (args) => {
      await cloud.faults.meet("ssm:GetParameter");
      const parameter = parameterOf(cloud, text(args, "name"));
      return {
        ...args,
        id: parameter.name,
        arn: parameterArn(cloud, parameter.name),
        type: parameter.type,
        value: parameter.value,
        insecureValue: parameter.type === "SecureString" ? "" : parameter.value,
        version: parameter.version,
      };
    },
    "aws:index/getCallerIdentity:getCallerIdentity": () =>
      Promise.resolve({
        id: account,
        accountId: account,
        arn: `arn:aws:iam::${account}:user/operator`,
        userId: "AIDAOPERATOR",
      }),
  };
}
