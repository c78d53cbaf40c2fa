import type { Octokit } from "@octokit/rest";
import type { Endpoints } from "@octokit/types";
import { readOffered, readSupport } from "../../config/runner-versions.ts";
import type { VersionSource } from "../../config/runner-versions.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import type { RunnerSource } from "../../observe/sources.ts";
import { githubCall } from "./github-call.ts";
import { hasStatus } from "./service-error.ts";

type RunnerBody =
  Endpoints["GET /repos/{owner}/{repo}/actions/runners"]["response"]["data"]["runners"][number];

const perPage = 100;

/** The entries of a repository's or an organisation's runners. */
export interface Runners extends RunnerSource, VersionSource {
  /** Adds labels to those that it has. A label that it has already is not added twice. */
  addLabels(entry: RunnerEntry, labels: readonly string[]): Promise<void>;
  /** Gives it exactly these custom labels. */
  setLabels(entry: RunnerEntry, labels: readonly string[]): Promise<void>;
  /** Removes the entry. Only for a machine that is gone: see cli/entries/judge-entry.ts. */
  remove(entry: RunnerEntry): Promise<void>;
  /** A token with which runners can register for an hour. A secret. */
  registrationToken(): Promise<string>;
}

/** @throws ServiceError from each of its functions */
export function runnersOf(octokit: Octokit, owner: string, repository: string | undefined): Runners {
  const api =
    repository === undefined ? ofOrganization(octokit, owner) : ofRepository(octokit, owner, repository);
  const place = repository === undefined ? owner : `${owner}/${repository}`;
  return {
    list: async () => (await githubCall(`listing the runners of ${place}`, () => api.list())).map(toEntry),
    find: async (name) => {
      const found = await githubCall(`looking for the runner ${name} of ${place}`, () => api.named(name));
      return found.map(toEntry).find((entry) => entry.name === name);
    },
    addLabels: async ({ id, name }, labels) => {
      await githubCall(`labelling ${name}`, () => api.addLabels(id, [...labels]));
    },
    setLabels: async ({ id, name }, labels) => {
      await githubCall(`labelling ${name}`, () => api.setLabels(id, [...labels]));
    },
    remove: async ({ id, name }) => {
      try {
        await githubCall(`removing the entry ${name}`, () => api.remove(id));
      } catch (error) {
        // The entry was removed in the meantime, or by an earlier attempt that got no answer.
        if (!hasStatus(error, 404)) throw error;
      }
    },
    offered: async () =>
      readOffered(
        (await githubCall(`asking which runners there are for ${place}`, () => api.downloads())).data,
      ),
    support: async (version) => {
      try {
        const what = `asking until when ${place} may use the runner ${version}`;
        return readSupport((await githubCall(what, () => api.deprecation(version))).data);
      } catch (error) {
        // A version that GitHub does not know, or a GitHub Enterprise Server, which refuses no version.
        if (hasStatus(error, 404)) return {};
        throw error;
      }
    },
    registrationToken: async () => {
      const { data } = await githubCall(`asking for a registration token of ${place}`, () =>
        api.registrationToken(),
      );
      return data.token;
    },
  };
}

function ofRepository({ paginate, request, rest }: Octokit, owner: string, repo: string) {
  const { actions } = rest;
  const place = { owner, repo };
  return {
    list: () => paginate(actions.listSelfHostedRunnersForRepo, { ...place, per_page: perPage }),
    named: async (name: string) =>
      (await actions.listSelfHostedRunnersForRepo({ ...place, name, per_page: perPage })).data.runners,
    addLabels: (runner_id: number, labels: string[]) =>
      actions.addCustomLabelsToSelfHostedRunnerForRepo({ ...place, runner_id, labels }),
    setLabels: (runner_id: number, labels: string[]) =>
      actions.setCustomLabelsForSelfHostedRunnerForRepo({ ...place, runner_id, labels }),
    remove: (runner_id: number) => actions.deleteSelfHostedRunnerFromRepo({ ...place, runner_id }),
    registrationToken: () => actions.createRegistrationTokenForRepo(place),
    downloads: () => actions.listRunnerApplicationsForRepo(place),
    // Octokit has no function for it yet.
    deprecation: (version: string) =>
      request("GET /repos/{owner}/{repo}/actions/runners/deprecations/{version}", { ...place, version }),
  };
}

function ofOrganization({ paginate, request, rest }: Octokit, org: string) {
  const { actions } = rest;
  return {
    list: () => paginate(actions.listSelfHostedRunnersForOrg, { org, per_page: perPage }),
    named: async (name: string) =>
      (await actions.listSelfHostedRunnersForOrg({ org, name, per_page: perPage })).data.runners,
    addLabels: (runner_id: number, labels: string[]) =>
      actions.addCustomLabelsToSelfHostedRunnerForOrg({ org, runner_id, labels }),
    setLabels: (runner_id: number, labels: string[]) =>
      actions.setCustomLabelsForSelfHostedRunnerForOrg({ org, runner_id, labels }),
    remove: (runner_id: number) => actions.deleteSelfHostedRunnerFromOrg({ org, runner_id }),
    registrationToken: () => actions.createRegistrationTokenForOrg({ org }),
    downloads: () => actions.listRunnerApplicationsForOrg({ org }),
    deprecation: (version: string) =>
      request("GET /orgs/{org}/actions/runners/deprecations/{version}", { org, version }),
  };
}

function toEntry({ id, name, status, busy, labels }: RunnerBody): RunnerEntry {
  const named = (system: boolean) =>
    labels.filter(({ type }) => (type === "read-only") === system).map((label) => label.name);
  return {
    id,
    name,
    online: status === "online",
    busy,
    systemLabels: named(true),
    customLabels: named(false),
  };
}
