import { Failure } from "../../../contract/failure.ts";
import { parseObject } from "../../../contract/json.ts";
import type { Properties, ProviderConfiguration } from "../../provider.ts";

/** The API as the provider sees it. */
export interface ApiClient {
  /** The organisation or user to which unqualified repository names belong. */
  owner: string;
  /** @throws Error in the real provider's words: method, URL, status, GitHub's message */
  call: (method: string, path: string, body?: Properties) => Promise<Properties>;
  /** A GET that returns undefined when GitHub answers 404. */
  find: (path: string) => Promise<Properties | undefined>;
  /** The same for an answer of any form, as its text. */
  findText: (path: string) => Promise<string | undefined>;
  /** A DELETE that ignores a 404. */
  remove: (path: string) => Promise<void>;
}

/** A client with the credentials of a provider configuration. */
export type Connect = (configuration: ProviderConfiguration) => ApiClient;

export interface ConnectOptions {
  /** Handles a request in process. */
  request: (path: string, init: RequestInit) => Promise<Response>;
  /** The owner if a configuration names none. */
  owner: string;
  token: string | undefined;
  sleep: (milliseconds: number) => Promise<void>;
}

/** The real provider's defaults. */
const retryDefaults = { maxRetries: 3, retryableErrors: [500, 502, 503, 504], retryDelayMs: 1000 };

/** Clients by provider configuration. */
export function connector(options: ConnectOptions): Connect {
  return (configuration) => {
    const token = textOr(configuration.token, options.token);
    const owner = textOr(configuration.owner, undefined) ?? textOr(configuration.organization, options.owner);
    const { maxRetries, retryableErrors, retryDelayMs } = {
      ...retryDefaults,
      ...(configuration as Partial<typeof retryDefaults>),
    };
    const send = async (method: string, path: string, body?: Properties): Promise<Response> => {
      const init = {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(body ? { body: JSON.stringify(body) } : {}),
      };
      for (let attempt = 0; ; attempt++) {
        const response = await options.request(path, init);
        const retryAfter = response.headers.get("retry-after");
        const isLast = attempt === maxRetries;
        if (!isLast && retryAfter !== null) await options.sleep(Number(retryAfter) * 1000);
        else if (!isLast && retryableErrors.includes(response.status)) await options.sleep(retryDelayMs);
        else return response;
      }
    };
    const textOf = async (response: Response, method: string, path: string): Promise<string> => {
      const text = await response.text();
      if (response.ok) return text;
      const message = parseObject(text)?.message;
      throw new Failure(
        `${method} ${path}: ${response.status} ${typeof message === "string" ? message : text}`,
      );
    };
    const answerOf = async (response: Response, method: string, path: string): Promise<Properties> => {
      const text = await textOf(response, method, path);
      const answer = text === "" ? {} : parseObject(text);
      if (answer) return answer;
      throw new Failure(`${method} ${path}: ${response.status} the answer is not a JSON object`);
    };
    return {
      owner: owner ?? options.owner,
      call: async (method, path, body) => answerOf(await send(method, path, body), method, path),
      find: async (path) => {
        const response = await send("GET", path);
        return response.status === 404 ? undefined : answerOf(response, "GET", path);
      },
      findText: async (path) => {
        const response = await send("GET", path);
        return response.status === 404 ? undefined : textOf(response, "GET", path);
      },
      remove: async (path) => {
        const response = await send("DELETE", path);
        if (response.status !== 404) await answerOf(response, "DELETE", path);
      },
    };
  };
}

function textOr(value: unknown, fallback: string | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : fallback;
}
