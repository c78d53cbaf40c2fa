import type { ProviderFunctions } from "../provider.ts";
import { optionalText, text } from "./input.ts";
import { parameterArn, parameterOf } from "./parameters.ts";
import type { Cloud } from "./state.ts";

/** The data sources that the stack asks. */
export function providerFunctions(cloud: Cloud): ProviderFunctions {
  const { account, region } = cloud;
  const zones = ["a", "b", "c"];
  return {
    "aws:ssm/getParameter:getParameter": (args) => {
      const parameter = parameterOf(cloud, text(args, "name"));
      return Promise.resolve({
        ...args,
        id: parameter.name,
        arn: parameterArn(cloud, parameter.name),
        type: parameter.type,
        value: parameter.value,
        insecureValue: parameter.type === "SecureString" ? "" : parameter.value,
        version: parameter.version,
      });
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": (args) =>
      Promise.resolve({
        ...args,
        id: region,
        names: zones.map((zone) => `${region}${zone}`),
        zoneIds: zones.map(
          (_zone, index) => `${region.replace(/^(..)-(.).*-(\d)$/, "$1$2$3")}-az${index + 1}`,
        ),
        groupNames: [region],
      }),
    "aws:index/getCallerIdentity:getCallerIdentity": () =>
      Promise.resolve({
        id: account,
        accountId: account,
        arn: `arn:aws:iam::${account}:user/operator`,
        userId: "AIDAOPERATOR",
      }),
    "aws:ec2/getSubnet:getSubnet": (args) => {
      const id = optionalText(args, "id") ?? "";
      const subnet = cloud.data.resources["aws:ec2/subnet:Subnet"]?.[id];
      if (!subnet) throw new Error(`The local cloud has no subnet ${id}`);
      return Promise.resolve({ ...args, ...subnet, id });
    },
  };
}
