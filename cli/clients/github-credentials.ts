import { readAppCredentials } from "../../config/app-credentials.ts";
import type { AppCredentials } from "../../config/app-credentials.ts";

/** Credentials of the command at GitHub. */
export type GithubCredentials = { kind: "token"; token: string } | { kind: "app"; app: AppCredentials };

/**
 * The credentials in the environment, in the order of the GitHub provider:
 * `GITHUB_TOKEN`, an App's, `GH_TOKEN`. Undefined when there are no credentials.
 *
 * @throws Error when an App's are incomplete or its key cannot be read
 */
export async function readGithubCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<string>,
): Promise<GithubCredentials | undefined> {
  const app = await readAppCredentials(environment, readFile);
  if (app) return { kind: "app", app };
  // An empty variable counts as not set, as is usual in a shell.
  const token = [environment.GITHUB_TOKEN, environment.GH_TOKEN].find(Boolean);
  return token === undefined ? undefined : { kind: "token", token };
}
