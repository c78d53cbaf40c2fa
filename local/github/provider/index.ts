import type { EmulatedProvider, Properties } from "../../provider.ts";
import type { Connect } from "./client.ts";
import { resourceType, text } from "./resource.ts";
import { runnerGroup } from "./runner-group.ts";
import { organizationVariable, repositoryVariable } from "./variable.ts";
import { organizationWebhook, repositoryWebhook } from "./webhook.ts";

/*
 * The `github` provider's resource types and functions, on the emulated REST
 * API. The real provider is a client of the real API in the same way.
 */

/** @param connect returns a client with the credentials of a provider configuration */
export function githubProvider(connect: Connect): EmulatedProvider {
  return {
    types: {
      "github:index/actionsVariable:ActionsVariable": resourceType(connect, repositoryVariable),
      "github:index/actionsOrganizationVariable:ActionsOrganizationVariable": resourceType(
        connect,
        organizationVariable,
      ),
      "github:index/actionsRunnerGroup:ActionsRunnerGroup": resourceType(connect, runnerGroup),
      "github:index/repositoryWebhook:RepositoryWebhook": resourceType(connect, repositoryWebhook),
      "github:index/organizationWebhook:OrganizationWebhook": resourceType(connect, organizationWebhook),
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
      "github:index/getRestApi:getRestApi": async (args, configuration) => {
        const endpoint = text(args.endpoint);
        // The real function returns a 404 as a result; it throws every other refusal.
        const body = await connect(configuration).findText(`/${endpoint}`);
        const code = body === undefined ? 404 : 200;
        return {
          id: endpoint,
          endpoint,
          code,
          status: String(code),
          headers: "{}",
          body: body ?? "{}",
        };
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
