import type { Properties } from "../../provider.ts";
import type { ApiClient } from "./client.ts";
import type { ApiResource } from "./resource.ts";

/** `github.ActionsRunnerGroup`; organisations only. */
export const runnerGroup: ApiResource = {
  create: async (client, inputs) => {
    const group = await client.call("POST", place(client), body(inputs));
    const id = String(group.id);
    return { id, state: (await read(client, id, inputs)) ?? inputs };
  },
  read,
  update: async (client, id, _state, inputs) => {
    await client.call("PATCH", place(client, id), body(inputs));
    if (inputs.selectedRepositoryIds !== undefined)
      await client.call("PUT", `${place(client, id)}/repositories`, body(inputs));
    return (await read(client, id, inputs)) ?? inputs;
  },
  delete: (client, id) => client.remove(place(client, id)),
  replaceOn: [],
};

function place({ owner }: ApiClient, id?: string): string {
  return `/orgs/${owner}/actions/runner-groups${id === undefined ? "" : `/${id}`}`;
}

function body(inputs: Properties): Properties {
  return {
    name: inputs.name,
    visibility: inputs.visibility,
    allows_public_repositories: inputs.allowsPublicRepositories,
    restricted_to_workflows: inputs.restrictedToWorkflows,
    selected_workflows: inputs.selectedWorkflows,
    selected_repository_ids: inputs.selectedRepositoryIds,
  };
}

async function read(client: ApiClient, id: string, inputs: Properties): Promise<Properties | undefined> {
  const group = await client.find(place(client, id));
  if (!group) return undefined;
  const { repositories } = await client.call("GET", `${place(client, id)}/repositories?per_page=100`);
  const ids = (repositories as Properties[]).map((repository) => Number(repository.id));
  // The order in the program is kept, so that a refresh finds no change.
  const known = (inputs.selectedRepositoryIds ?? []) as number[];
  const isSame = known.length === ids.length && known.every((one) => ids.includes(one));
  return {
    ...inputs,
    name: group.name,
    visibility: group.visibility,
    default: group.default,
    inherited: group.inherited,
    allowsPublicRepositories: group.allows_public_repositories,
    restrictedToWorkflows: group.restricted_to_workflows,
    selectedWorkflows: group.selected_workflows,
    selectedRepositoryIds: isSame ? known : ids,
    runnersUrl: group.runners_url,
    selectedRepositoriesUrl: group.selected_repositories_url,
  };
}
