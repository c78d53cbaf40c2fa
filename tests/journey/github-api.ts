import type { TestEnvironment } from "../environment.ts";

const runners = "/repos/acme/app/actions/runners";

/** What a person can do at GitHub by hand, with the operator's token. */
export function githubApi({ cloud }: TestEnvironment) {
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${cloud.urls.github}/api/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${cloud.environment.GITHUB_TOKEN!}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const newToken = async () =>
    ((await (await call("POST", `${runners}/registration-token`)).json()) as { token: string }).token;
  return {
    newToken,
    /** A runner as GitHub shows it, with its busy flag. */
    runner: async (id: number) =>
      (await (await call("GET", `${runners}/${id}`)).json()) as { busy: boolean; status: string },
    removeRunner: (id: number) => call("DELETE", `${runners}/${id}`),
    addLabels: (id: number, labels: readonly string[]) => call("POST", `${runners}/${id}/labels`, { labels }),
    /** Registers a name for which no runner will ever run. */
    register: async (name: string) => {
      const post = async (
        url: string,
        authorization: string,
        body: unknown,
      ): Promise<Record<string, string>> => {
        const response = await fetch(url, {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
        return (await response.json()) as Record<string, string>;
      };
      const { github } = cloud.urls;
      const bearer = await post(
        `${github}/api/v3/actions/runner-registration`,
        `RemoteAuth ${await newToken()}`,
        { url: `${github}/acme/app` },
      );
      const entry = { name, labels: [name], version: "2.338.0", os: "Linux", arch: "X64" };
      await post(`${bearer.url!}/runners`, `Bearer ${bearer.token!}`, entry);
    },
  };
}
