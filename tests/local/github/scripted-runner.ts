import type { StartedGithub } from "./cloud.ts";
import { acme } from "./cloud.ts";

export interface RunnerMessage {
  messageId: number;
  type: string;
  body: { requestId: string; targetVersion?: string };
}

interface Credentials {
  clientId: string;
  secret: string;
}

export interface RegistrationOptions {
  labels?: string[];
  /** Registers as our machines do, without the labels that runners give themselves. */
  noDefaultLabels?: boolean;
  group?: string;
  replace?: boolean;
  /** `acme` registers with the organisation. */
  scope?: string;
  token?: string;
  version?: string;
}

const defaultVersion = "2.338.0";

/**
 * Registers over HTTP as config.sh does.
 *
 * @returns the answer that ended it
 */
export async function register(cloud: StartedGithub, name: string, options: RegistrationOptions = {}) {
  const scope = options.scope ?? "acme/app";
  const token =
    options.token ??
    (scope === "acme"
      ? (await cloud.octokit.rest.actions.createRegistrationTokenForOrg({ org: scope })).data.token
      : (await cloud.octokit.rest.actions.createRegistrationTokenForRepo(acme)).data.token);
  const asked = await post(`${cloud.url}/api/v3/actions/runner-registration`, `RemoteAuth ${token}`, {
    url: `${cloud.url}/${scope}`,
    runner_event: "register",
  });
  if (!asked.ok) return asked;
  const bearer = (await asked.json()) as { url: string; token: string };
  return post(`${bearer.url}/runners`, `Bearer ${bearer.token}`, {
    name,
    labels: options.labels ?? [name],
    version: options.version ?? defaultVersion,
    os: "Linux",
    arch: "X64",
    disableUpdate: false,
    replace: options.replace ?? false,
    noDefaultLabels: options.noDefaultLabels ?? false,
    ...(options.group === undefined ? {} : { group: options.group }),
  });
}

/** A registered runner; each step of the exchange is one call. */
export async function connect(cloud: StartedGithub, name: string, options: RegistrationOptions = {}) {
  const answer = await register(cloud, name, options);
  if (!answer.ok) throw new Error(`registration: ${answer.status}`);
  const { id, credentials } = (await answer.json()) as { id: number; credentials: Credentials };
  const authorization = `Basic ${Buffer.from(`${credentials.clientId}:${credentials.secret}`).toString("base64")}`;
  const base = `${cloud.url}/_runner`;
  let sessionId = "";
  const runner = {
    id,
    name,
    call: (path: string, body: unknown = {}) => post(`${base}${path}`, authorization, body),
    openSession: async (version = defaultVersion): Promise<Response> => {
      const opened = await runner.call("/sessions", { version });
      if (opened.ok) ({ sessionId } = (await opened.clone().json()) as { sessionId: string });
      return opened;
    },
    closeSession: () =>
      fetch(`${base}/sessions/${sessionId}`, { method: "DELETE", headers: { authorization } }),
    remove: () => fetch(`${base}/runners/${id}`, { method: "DELETE", headers: { authorization } }),
    poll: (signal?: AbortSignal) =>
      fetch(`${base}/sessions/${sessionId}/message?status=Online`, {
        headers: { authorization },
        ...(signal ? { signal } : {}),
      }),
    /** Receives the next message, and fails if none comes. */
    message: async (): Promise<RunnerMessage> => {
      const polled = await runner.poll();
      if (polled.status !== 200) throw new Error(`no message for ${name}: ${polled.status}`);
      return (await polled.json()) as RunnerMessage;
    },
    acquire: ({ messageId, body }: RunnerMessage) =>
      runner.call(`/jobs/${body.requestId}/acquire`, { messageId }),
    /** Receives, acknowledges and acquires the next job. */
    takeJob: async (): Promise<string> => (await runner.takeMessage()).requestId,
    /** Does the same, and returns everything that the answer says about the job. */
    takeMessage: async (): Promise<{ requestId: string; needs: unknown }> => {
      const message = await runner.message();
      await runner.call(`/messages/${message.messageId}/acknowledge`);
      const acquired = await runner.acquire(message);
      if (!acquired.ok) throw new Error(`acquire: ${acquired.status}`);
      return (await acquired.json()) as { requestId: string; needs: unknown };
    },
    complete: (requestId: string, result = "succeeded", outputs = {}) =>
      runner.call(`/jobs/${requestId}/complete`, { result, outputs }),
  };
  await runner.openSession(options.version);
  return runner;
}

function post(url: string, authorization: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", headers: { authorization }, body: JSON.stringify(body) });
}
