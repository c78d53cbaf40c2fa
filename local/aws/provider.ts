import { Failure } from "../../contract/failure.ts";
import type { EmulatedProvider, ProviderConfiguration, ResourceType } from "../provider.ts";
import type { Functions } from "../functions/index.ts";
import { functionKinds } from "./function-kinds.ts";
import { providerFunctions } from "./functions.ts";
import { instanceResource } from "./instance-resource.ts";
import type { Instances } from "./instances.ts";
import { moneyKinds } from "./money-kinds.ts";
import { parameterResource } from "./parameter-resource.ts";
import { kinds, storedResource } from "./resources.ts";
import type { Cloud } from "./state.ts";

/** The aws provider as the engine sees it. */
export function awsProvider(cloud: Cloud, instances: Instances, functions?: Functions): EmulatedProvider {
  const types: Record<string, ResourceType> = {
    ...Object.fromEntries(
      Object.entries({
        ...kinds(cloud),
        ...moneyKinds(cloud),
        ...(functions && functionKinds(cloud, functions)),
      }).map(([type, kind]) => [type, storedResource(cloud, type, kind)]),
    ),
    "aws:ec2/instance:Instance": instanceResource(cloud, instances),
    "aws:ssm/parameter:Parameter": parameterResource(cloud),
  };
  return {
    types: Object.fromEntries(Object.entries(types).map(([token, type]) => [token, checked(cloud, type)])),
    functions: providerFunctions(cloud),
  };
}

/** A type that refuses to make resources for a provider that is configured for another account or region. */
function checked(cloud: Cloud, type: ResourceType): ResourceType {
  return {
    ...type,
    create: async (inputs, configuration) => {
      const accounts = setting(configuration, "allowedAccountIds");
      if (Array.isArray(accounts) && !accounts.includes(cloud.account)) {
        throw new Failure(
          `AWS account ID not allowed: ${cloud.account}; the provider allows ${accounts.join(", ")}`,
        );
      }
      const region = setting(configuration, "region");
      if (typeof region === "string" && region !== cloud.region) {
        throw new Failure(
          `The local cloud is the region ${cloud.region}, and the provider asks for ${region}`,
        );
      }
      return await type.create(inputs, configuration);
    },
    delete: async (id, state, configuration) => {
      await type.delete(id, state, configuration);
    },
  };
}

/** A setting of a provider; the SDK passes everything except text as JSON. */
function setting(configuration: ProviderConfiguration, name: string): unknown {
  const value = configuration[name];
  return typeof value === "string" && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
}
