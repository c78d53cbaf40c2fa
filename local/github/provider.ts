import type { EmulatedProvider, Properties, ProviderConfiguration, ResourceType } from "../provider.ts";
import type { ApiClient } from "./provider-client.ts";

/* The `github` provider's resource types and functions, over the emulated REST API, as the real provider is a client of the real one. */

type Connect = (configuration: ProviderConfiguration) => ApiClient;

/** @param connect a client with the credentials of a provider configuration */
export function githubProvider(connect: Connect): EmulatedProvider {
  return {
    types: {
      "github:index/repositoryFile:RepositoryFile": repositoryFile(connect),
      "github:index/actionsVariable:ActionsVariable": repositoryVariable(connect),
      "github:index/actionsOrganizationVariable:ActionsOrganizationVariable": organizationVariable(connect),
      "github:index/actionsRunnerGroup:ActionsRunnerGroup": runnerGroup(connect),
    },
    functions: {
      "github:index/getActionsRegistrationToken:getActionsRegistrationToken": async (args, configuration) => {
        const { call, owner } = connect(configuration);
        const repository = text(args.repository);
        const token = await call("POST", `/repos/${owner}/${repository}/actions/runners/registration-token`);
        return { id: `${owner}/${repository}`, repository, ...tokenOutputs(token) };
      },
      "github:index/getActionsOrganizationRegistrationToken:getActionsOrganizationRegistrationToken": async (
        _args,
        configuration,
      ) => {
        const { call, owner } = connect(configuration);
        const token = await call("POST", `/orgs/${owner}/actions/runners/registration-token`);
        return { id: owner, ...tokenOutputs(token) };
      },
      "github:index/getRepository:getRepository": async (args, configuration) => {
        const { call, owner } = connect(configuration);
        const name = args.fullName === undefined ? `${owner}/${text(args.name)}` : text(args.fullName);
        return repositoryOutputs(await call("GET", `/repos/${name}`));
      },
      "github:index/getRepositories:getRepositories": async (args, configuration) => {
        const query = text(args.query);
        const found = await connect(configuration).call(
          "GET",
          `/search/repositories?per_page=100&q=${encodeURIComponent(query)}`,
        );
        const items = found.items as Properties[];
        return {
          id: query,
          query,
          names: items.map(({ name }) => name),
          fullNames: items.map(({ full_name }) => full_name),
          repoIds: args.includeRepoId === true ? items.map(({ id }) => id) : [],
        };
      },
    },
  };
}

function repositoryFile(connect: Connect): ResourceType {
  const place = (inputs: Properties, { owner }: ApiClient) =>
    `/repos/${owner}/${text(inputs.repository)}/contents/${text(inputs.file)}`;
  const onBranch = ({ branch }: Properties) => (branch === undefined ? "" : `?ref=${text(branch)}`);
  const read = async (inputs: Properties, client: ApiClient): Promise<Properties | undefined> => {
    const file = await client.find(place(inputs, client) + onBranch(inputs));
    if (!file) return undefined;
    const { default_branch, id } = await client.call(
      "GET",
      `/repos/${client.owner}/${text(inputs.repository)}`,
    );
    return {
      ...inputs,
      content: Buffer.from(text(file.content), "base64").toString(),
      branch: inputs.branch ?? default_branch,
      ref: inputs.branch ?? default_branch,
      sha: file.sha,
      repositoryId: id,
    };
  };
  const write = async (
    inputs: Properties,
    client: ApiClient,
    sha: unknown,
    verb: string,
  ): Promise<Properties> => {
    const commitMessage = inputs.commitMessage ?? `${verb} ${text(inputs.file)}`;
    const content = Buffer.from(text(inputs.content)).toString("base64");
    const { commit } = await client.call("PUT", place(inputs, client), {
      message: commitMessage,
      content,
      branch: inputs.branch,
      sha,
    });
    const state = await read(inputs, client);
    return { ...state, commitMessage, commitSha: (commit as Properties).sha };
  };
  return {
    create: async (inputs, configuration) => {
      const client = connect(configuration);
      const former = await client.find(place(inputs, client) + onBranch(inputs));
      if (former && inputs.overwriteOnCreate !== true)
        throw new Error(
          `refusing to overwrite existing file: ${text(inputs.file)}; configure overwriteOnCreate to true to override`,
        );
      return {
        id: `${text(inputs.repository)}/${text(inputs.file)}`,
        state: await write(inputs, client, former?.sha, "Add"),
      };
    },
    read: (_id, state, configuration) => read(state, connect(configuration)),
    update: (_id, state, inputs, configuration) => write(inputs, connect(configuration), state.sha, "Update"),
    delete: async (_id, state, configuration) => {
      const client = connect(configuration);
      const former = await client.find(place(state, client) + onBranch(state));
      const message = `Delete ${text(state.file)}`;
      if (former)
        await client.call("DELETE", place(state, client), { message, branch: state.branch, sha: former.sha });
    },
    replaceOn: ["repository", "file", "branch"],
  };
}

function repositoryVariable(connect: Connect): ResourceType {
  return variable(connect, {
    place: (inputs, owner) => `/repos/${owner}/${text(inputs.repository)}/actions/variables`,
    id: (inputs) => `${text(inputs.repository)}:${text(inputs.variableName)}`,
    replaceOn: ["repository", "variableName"],
  });
}

function organizationVariable(connect: Connect): ResourceType {
  return variable(connect, {
    place: (_inputs, owner) => `/orgs/${owner}/actions/variables`,
    id: (inputs) => text(inputs.variableName),
    replaceOn: ["variableName"],
  });
}

interface VariableKind {
  place: (inputs: Properties, owner: string) => string;
  id: (inputs: Properties) => string;
  replaceOn: readonly string[];
}

function variable(connect: Connect, { place, id, replaceOn }: VariableKind): ResourceType {
  const one = (inputs: Properties, client: ApiClient) =>
    `${place(inputs, client.owner)}/${text(inputs.variableName)}`;
  const body = (inputs: Properties) => ({
    name: inputs.variableName,
    value: inputs.value,
    visibility: inputs.visibility,
    selected_repository_ids: inputs.selectedRepositoryIds,
  });
  const read = async (inputs: Properties, client: ApiClient): Promise<Properties | undefined> => {
    const found = await client.find(one(inputs, client));
    if (!found) return undefined;
    const { value, visibility, created_at, updated_at } = found;
    return {
      ...inputs,
      value,
      ...(visibility === undefined ? {} : { visibility }),
      createdAt: created_at,
      updatedAt: updated_at,
    };
  };
  const written = async (inputs: Properties, client: ApiClient): Promise<Properties> =>
    (await read(inputs, client)) ?? inputs;
  return {
    create: async (inputs, configuration) => {
      const client = connect(configuration);
      await client.call("POST", place(inputs, client.owner), body(inputs));
      return { id: id(inputs), state: await written(inputs, client) };
    },
    read: (_id, state, configuration) => read(state, connect(configuration)),
    update: async (_id, _state, inputs, configuration) => {
      const client = connect(configuration);
      await client.call("PATCH", one(inputs, client), body(inputs));
      return written(inputs, client);
    },
    delete: async (_id, state, configuration) => {
      const client = connect(configuration);
      if (await client.find(one(state, client))) await client.call("DELETE", one(state, client));
    },
    replaceOn,
  };
}

function runnerGroup(connect: Connect): ResourceType {
  const place = ({ owner }: ApiClient, id = "") => `/orgs/${owner}/actions/runner-groups${id}`;
  const body = (inputs: Properties) => ({
    name: inputs.name,
    visibility: inputs.visibility,
    allows_public_repositories: inputs.allowsPublicRepositories,
    restricted_to_workflows: inputs.restrictedToWorkflows,
    selected_workflows: inputs.selectedWorkflows,
    selected_repository_ids: inputs.selectedRepositoryIds,
  });
  const read = async (id: string, inputs: Properties, client: ApiClient): Promise<Properties | undefined> => {
    const group = await client.find(place(client, `/${id}`));
    if (!group) return undefined;
    const { repositories } = await client.call("GET", place(client, `/${id}/repositories?per_page=100`));
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
  };
  const written = async (id: string, inputs: Properties, client: ApiClient): Promise<Properties> => {
    if (inputs.selectedRepositoryIds !== undefined)
      await client.call("PUT", place(client, `/${id}/repositories`), {
        selected_repository_ids: inputs.selectedRepositoryIds,
      });
    return (await read(id, inputs, client)) ?? inputs;
  };
  return {
    create: async (inputs, configuration) => {
      const client = connect(configuration);
      const group = await client.call("POST", place(client), body(inputs));
      const id = String(group.id);
      return { id, state: await written(id, inputs, client) };
    },
    read: (id, state, configuration) => read(id, state, connect(configuration)),
    update: async (id, _state, inputs, configuration) => {
      const client = connect(configuration);
      await client.call("PATCH", place(client, `/${id}`), body(inputs));
      return written(id, inputs, client);
    },
    delete: async (id, _state, configuration) => {
      const client = connect(configuration);
      if (await client.find(place(client, `/${id}`))) await client.call("DELETE", place(client, `/${id}`));
    },
  };
}

function tokenOutputs({ token, expires_at }: Properties): Properties {
  return { token, expiresAt: Date.parse(text(expires_at)) / 1000 };
}

function repositoryOutputs(repository: Properties): Properties {
  return {
    id: repository.name,
    repoId: repository.id,
    nodeId: repository.node_id,
    name: repository.name,
    fullName: repository.full_name,
    defaultBranch: repository.default_branch,
    private: repository.private,
    visibility: repository.visibility,
    htmlUrl: repository.html_url,
    archived: repository.archived,
  };
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error(`expected a text, found ${JSON.stringify(value)}`);
  return value;
}
