import type { Properties } from "../../provider.ts";
import type { ApiClient } from "./client.ts";
import { text } from "./resource.ts";
import type { ApiResource } from "./resource.ts";

/** `github.ActionsVariable`. */
export const repositoryVariable = variable({
  place: (owner, { repository }) => `/repos/${owner}/${text(repository)}/actions/variables`,
  id: ({ repository, variableName }) => `${text(repository)}:${text(variableName)}`,
  replaceOn: ["repository", "variableName"],
});

/** `github.ActionsOrganizationVariable`. */
export const organizationVariable = variable({
  place: (owner) => `/orgs/${owner}/actions/variables`,
  id: ({ variableName }) => text(variableName),
  replaceOn: ["variableName"],
});

interface VariableKind {
  place: (owner: string, inputs: Properties) => string;
  id: (inputs: Properties) => string;
  replaceOn: readonly string[];
}

function variable({ place, id, replaceOn }: VariableKind): ApiResource {
  const one = ({ owner }: ApiClient, inputs: Properties) =>
    `${place(owner, inputs)}/${text(inputs.variableName)}`;
  const body = (inputs: Properties) => ({
    name: inputs.variableName,
    value: inputs.value,
    visibility: inputs.visibility,
    selected_repository_ids: inputs.selectedRepositoryIds,
  });
  const read = async (client: ApiClient, inputs: Properties): Promise<Properties | undefined> => {
    const found = await client.find(one(client, inputs));
    if (!found) return undefined;
    const { value, visibility, created_at, updated_at } = found;
    const seen = { ...inputs, value, createdAt: created_at, updatedAt: updated_at };
    return visibility === undefined ? seen : { ...seen, visibility };
  };
  return {
    create: async (client, inputs) => {
      await client.call("POST", place(client.owner, inputs), body(inputs));
      return { id: id(inputs), state: (await read(client, inputs)) ?? inputs };
    },
    read: (client, _id, state) => read(client, state),
    update: async (client, _id, _state, inputs) => {
      await client.call("PATCH", one(client, inputs), body(inputs));
      return (await read(client, inputs)) ?? inputs;
    },
    delete: (client, _id, state) => client.remove(one(client, state)),
    replaceOn,
  };
}
