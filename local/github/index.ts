import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import type { ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { Failure } from "../../contract/failure.ts";
import type { EmulatedProvider } from "../provider.ts";
import type { BranchRules } from "./branch-rules.ts";
import { removeFile, writeFile } from "./contents.ts";
import { dispatch } from "./dispatch.ts";
import { exchangeRoutes } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { allJobs, fullName, sameName } from "./model.ts";
import type { Delivery, DispatchRecord, Job, Model, Repository, Run, RunnerEntry } from "./model.ts";
import type { GithubArguments } from "./options.ts";
import { connector } from "./provider/client.ts";
import { githubProvider } from "./provider/index.ts";
import { send, sweep } from "./queue.ts";
import { registrationRoutes } from "./registration.ts";
import { releaseRoutes } from "./releases.ts";
import { authenticated } from "./rest/access.ts";
import { appRoutes } from "./rest/apps.ts";
import { ApiError, notFound } from "./answers.ts";
import { hookRoutes } from "./rest/hooks.ts";
import { runnerGroupRoutes, variableRoutes } from "./rest/organization.ts";
import { repositoryRoutes } from "./rest/repositories.ts";
import { runnerRoutes } from "./rest/runners.ts";
import { runRoutes } from "./rest/runs.ts";
import { workflowRoutes } from "./rest/workflows.ts";
import { newModel } from "./seed.ts";

export type { BranchRules } from "./branch-rules.ts";
export type { Fault, Faults, Moment } from "./faults.ts";
export type {
  AppPermissions,
  GithubArguments,
  LocalGithubOptions as GithubOptions,
  KnownApp,
  KnownToken,
  Scope,
  WireTimes,
} from "./options.ts";
export type { Delivery, DispatchRecord, Job, Run, RunnerEntry } from "./model.ts";

/** The emulated GitHub: one organisation, its repositories, their runners and runs. */
export interface GithubCloud {
  /** Serves everything on a free port of loopback. `url` takes the place of `https://github.com`. */
  listen(): Promise<{ url: string; close(): Promise<void> }>;
  /** The `github` provider for the engine. */
  provider: EmulatedProvider;
  faults: Faults;
  /** The current state, for tests and for `local status`. */
  runners(): readonly RunnerEntry[];
  runs(): readonly Run[];
  jobs(): readonly Job[];
  /** Every registration token that was issued and is still remembered. */
  registrationTokens(): readonly string[];
  /** A job's log so far, also while it runs. */
  logOf(job: Job): string;
  /** What was sent to webhooks, the oldest first. */
  deliveries(): readonly Delivery[];
  /** Every dispatch that was accepted. */
  dispatches(): readonly DispatchRecord[];
  /**
   * Starts a run without the API, as a user's workflow would.
   * @param repository `owner/name`
   * @param workflow file name below `.github/workflows`
   */
  dispatch(repository: string, workflow: string, inputs?: Record<string, string>): Run;
  /** Puts a file on the default branch, as a push would. */
  push(repository: string, path: string, text: string): void;
  /** A file of the default branch; undefined when it does not exist. */
  fileOf(repository: string, path: string): string | undefined;
  /** The newest commit of the default branch. */
  headOf(repository: string): string;
  /** Removes a file from the default branch, as a push would. */
  unpush(repository: string, path: string): void;
  /** What the default branch requires of commits from now on; undefined: nothing. */
  protect(repository: string, rules: BranchRules | undefined): void;
  /** Makes a repository read-only, for good. */
  archive(repository: string): void;
  /** Gives a repository another name. Requests for the former name still reach it. */
  rename(repository: string, name: string): void;
  /** Which events may start runs from now on, as an organisation's Actions policies say; undefined: all. */
  allowEvents(repository: string, events: readonly string[] | undefined): void;
  /**
   * Publishes a release of the runner software, dated now.
   *
   * @param sha256 of both architectures' tarballs
   */
  releaseRunner(version: string, sha256?: string): void;
  /** Sends a runner the request to update itself. */
  updateRunner(name: string, targetVersion: string): void;
  /** Makes a runner's listener hang: its process lives and no longer polls, until it is killed. */
  hangRunner(name: string): void;
}

/** Interval between two checks of the time limits, in real milliseconds. */
const sweepEveryMs = 100;

export function createGithub(settings: GithubArguments): GithubCloud {
  const model = newModel(settings);
  const app = new Hono();
  app.route("/", registrationRoutes(model));
  app.route("/", exchangeRoutes(model));
  app.route("/", releaseRoutes(settings.tarball));
  app.get("/_logs/:job/:requestId", (c) => {
    const job = allJobs(model).find(({ requestId }) => requestId === c.req.param("requestId"));
    return job ? c.text(job.log.join("\n")) : c.text("Not Found", 404);
  });
  app.route("/api/v3", restApi(model));
  app.notFound(() => notFound().toResponse());
  app.onError((error) => {
    if (error instanceof ApiError) return error.toResponse();
    throw error;
  });
  const runnerNamed = (name: string): RunnerEntry => {
    const runner = model.runners.find((one) => one.name === name);
    if (!runner) throw new Failure(`No runner called ${name} is registered at the local GitHub.`);
    return runner;
  };
  const repositoryNamed = (name: string): Repository => {
    const repository = model.repositories.find((one) => sameName(fullName(one), name));
    if (!repository) throw new Failure(`The local GitHub has no repository ${name}.`);
    return repository;
  };

  return {
    listen: async () => {
      const server = await new Promise<ServerType>((resolve) => {
        const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => {
          resolve(started);
        });
      });
      model.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const timer = setInterval(() => {
        sweep(model);
      }, sweepEveryMs);
      const close = async () => {
        clearInterval(timer);
        const closed = new Promise((resolve) => server.close(resolve));
        if ("closeAllConnections" in server) server.closeAllConnections();
        await closed;
      };
      return { url: model.url, close };
    },
    provider: githubProvider(
      connector({
        request: async (path, init) => app.request(`/api/v3${path}`, init),
        owner: model.organization,
        token: settings.options.providerToken,
        sleep,
      }),
    ),
    faults: model.faults,
    runners: () => model.runners,
    runs: () => model.runs,
    jobs: () => allJobs(model),
    registrationTokens: () => [...model.registrationTokens.keys()],
    logOf: (job) => job.log.join("\n"),
    deliveries: () => model.deliveries,
    dispatches: () => model.dispatches,
    dispatch: (repository, workflow, inputs = {}) => {
      const request = { ref: repositoryNamed(repository).defaultBranch, inputs, actor: "octocat" };
      const outcome = dispatch(model, repositoryNamed(repository), `.github/workflows/${workflow}`, request);
      if ("refused" in outcome)
        throw new Failure(`${workflow} of ${repository} was not dispatched: ${outcome.refused}`);
      if (!outcome.run)
        throw new Failure(`${workflow} of ${repository} was swallowed by a fault of kind "dispatch".`);
      sweep(model);
      return outcome.run;
    },
    push: (repository, path, text) => {
      const to = repositoryNamed(repository);
      writeFile(model, to, to.defaultBranch, path, Buffer.from(text));
    },
    fileOf: (repository, path) => {
      const { branches, defaultBranch } = repositoryNamed(repository);
      return branches.get(defaultBranch)!.files.get(path)?.content.toString();
    },
    headOf: (repository) => {
      const { branches, defaultBranch } = repositoryNamed(repository);
      return branches.get(defaultBranch)!.sha;
    },
    unpush: (repository, path) => {
      const from = repositoryNamed(repository);
      removeFile(model, from, from.defaultBranch, path);
    },
    protect: (repository, rules) => {
      repositoryNamed(repository).rules = rules;
    },
    archive: (repository) => {
      repositoryNamed(repository).archived = true;
    },
    rename: (repository, name) => {
      Object.assign(repositoryNamed(repository), { name, formerName: repository });
    },
    allowEvents: (repository, events) => {
      repositoryNamed(repository).allowedEvents = events;
    },
    releaseRunner: (version, sha256) => {
      model.offeredRunner = {
        version,
        releasedAt: model.clock.now(),
        ...(sha256 !== undefined && { sha256 }),
      };
    },
    updateRunner: (name, targetVersion) => {
      send(model, runnerNamed(name), { type: "AgentRefresh", body: { targetVersion } });
    },
    hangRunner: (name) => {
      const { session } = runnerNamed(name);
      if (!session) throw new Failure(`${name} has no session, so its listener cannot hang.`);
      session.hangs = true;
      session.wake();
    },
  };
}

function restApi(model: Model): Hono {
  const api = new Hono();
  api.use(authenticated(model));
  // The consequences of a request are worked out before the next request.
  api.use(async (_c, next) => {
    sweep(model);
    await next();
    sweep(model);
  });
  api.get("/meta", (c) => c.json({ verifiable_password_authentication: false, installed_version: "3.19.0" }));
  for (const routes of [
    repositoryRoutes,
    runnerRoutes,
    variableRoutes,
    runnerGroupRoutes,
    workflowRoutes,
    runRoutes,
    hookRoutes,
    appRoutes,
  ])
    api.route("/", routes(model));
  return api;
}
