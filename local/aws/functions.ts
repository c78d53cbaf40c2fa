import type { ProviderFunctions } from "../provider.ts";
import { text } from "./input.ts";
import { parameterArn, parameterOf } from "./parameters.ts";
import type { Cloud } from "./state.ts";

/** The data sources that the stack asks. */
export function providerFunctions(cloud: Cloud): ProviderFunctions {
  const { account, region } = cloud;
  const zones = ["a", "b", "c"];
  return {
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
    "aws:index/getAvailabilityZones:getAvailabilityZones": (args) =>
      Promise.resolve({
        ...args,
        id: region,
        names: zones.map((zone) => `${region}${zone}`),
      }),
    "aws:index/getCallerIdentity:getCallerIdentity": () =>
      Promise.resolve({
        id: account,
        accountId: account,
        arn: `arn:aws:iam::${account}:user/operator`,
        userId: "AIDAOPERATOR",
      }),
  };
}
