import type { Properties, ResourceType } from "../provider.ts";
import { optionalText, tagMap } from "./input.ts";
import { deleteParameter, parameterArn, putParameter } from "./parameters.ts";
import type { Cloud, Parameter } from "./state.ts";

/** `aws.ssm.Parameter`, over the same store as the API. */
export function parameterResource(cloud: Cloud): ResourceType {
  const valueOf = (inputs: Properties) =>
    optionalText(inputs, "value") ?? optionalText(inputs, "insecureValue") ?? "";

  /** The resource's state: its inputs, with what the store holds now. */
  const stateOf = (inputs: Properties, parameter: Parameter): Properties => ({
    ...inputs,
    ...("insecureValue" in inputs ? { insecureValue: parameter.value } : {}),
    value: parameter.value,
    type: parameter.type,
    version: parameter.version,
    arn: parameterArn(cloud, parameter.name),
    dataType: "text",
    tier: "Standard",
    tagsAll: { ...parameter.tags },
  });

  return {
    create: async (inputs) => {
      await cloud.faults.meet("ssm:PutParameter");
      const overwrite = inputs.overwrite === true;
      const parameter = putParameter(cloud, {
        name: String(inputs.name),
        type: inputs.type as Parameter["type"],
        value: valueOf(inputs),
        keyId: optionalText(inputs, "keyId"),
        overwrite,
        tags: overwrite ? {} : tagMap(inputs),
      });
      // SSM accepts no tags together with an overwrite, so the provider adds them with a separate call.
      if (overwrite) Object.assign(parameter.tags, tagMap(inputs));
      return { id: parameter.name, state: stateOf(inputs, parameter) };
    },
    read: (id, state) => {
      const parameter = cloud.data.parameters[id];
      return Promise.resolve(parameter && stateOf(state, parameter));
    },
    // As in AWS's provider: these outputs count as changed where the functions or
    // the agent have written another value than the inputs'.
    recomputed: (state, inputs) =>
      "insecureValue" in inputs && inputs.insecureValue !== state.insecureValue ? ["value", "version"] : [],
    update: async (id, state, inputs, _configuration, changed) => {
      await cloud.faults.meet("ssm:PutParameter");
      const before = cloud.data.parameters[id]!;
      // As in AWS's provider: the value is written with every change except a change of the tags.
      const after = changed.every((key) => key === "tags" || key === "overwrite")
        ? before
        : putParameter(cloud, {
            name: id,
            type: inputs.type as Parameter["type"],
            value: valueOf(inputs),
            keyId: optionalText(inputs, "keyId"),
            overwrite: true,
            tags: {},
          });
      after.tags = tagMap(inputs);
      return stateOf({ ...state, ...inputs }, after);
    },
    delete: async (id) => {
      await cloud.faults.meet("ssm:DeleteParameter");
      // As in AWS's provider: deleting a parameter that is already gone is not an error.
      if (cloud.data.parameters[id]) deleteParameter(cloud, id);
    },
    replaceOn: ["name", "type"],
  };
}
