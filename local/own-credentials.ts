/*
 * The user's own credentials and settings of AWS, GitHub and Pulumi. Programs
 * that work on the local cloud must not see them: an SDK would prefer a profile
 * to the cloud's key, and would send a real session token along with it.
 */

/** Prefixes of the variables that AWS's and Pulumi's tools read; there are too many variables to list. */
const prefixes = ["AWS_", "PULUMI_"];

/** GitHub's variables are listed by name, because workflows need many others that are not credentials. */
const githubVariables = [
  "GITHUB_TOKEN",
  "GH_TOKEN",
  "GITHUB_ENTERPRISE_TOKEN",
  "GH_ENTERPRISE_TOKEN",
  "GITHUB_APP_ID",
  "GITHUB_APP_INSTALLATION_ID",
  "GITHUB_APP_PEM_FILE",
  "GITHUB_APP_AUTH",
  "GITHUB_OWNER",
  "GITHUB_ORGANIZATION",
  "GITHUB_BASE_URL",
  "GH_HOST",
];

/** Settings of this program itself, which are not credentials. */
const harmless = new Set(["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"]);

/** Keep tools from the user's files below `~/.aws`, where a default profile may name another endpoint or region. */
export const noSharedFiles = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };

/** Names of the variables in an environment that are the user's own, sorted. */
export function ownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const isOwn = (name: string) =>
    githubVariables.includes(name) ||
    (prefixes.some((prefix) => name.startsWith(prefix)) && !harmless.has(name));
  return Object.keys(environment).filter(isOwn).sort();
}

/** A copy of an environment without the user's own variables. */
export function withoutOwn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(ownVariables(environment));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
}

/**
 * Changes an environment so that programs work on a cloud and on no other, as
 * in a shell after `local env`.
 *
 * @param environment this process's, which is changed
 * @param cloud the cloud's variables
 */
export function enterCloudEnvironment(
  environment: NodeJS.ProcessEnv,
  cloud: Readonly<Record<string, string>>,
): void {
  // Delete the variables one by one: process.env is not a plain object that could be replaced.
  for (const name of ownVariables(environment)) Reflect.deleteProperty(environment, name);
  Object.assign(environment, cloud);
}
