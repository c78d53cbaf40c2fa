import type { ProviderArgs as AwsProviderArgs } from "@pulumi/aws/provider.js";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import type { ProviderArgs as GithubProviderArgs } from "@pulumi/github/provider.js";
import { Provider as GithubProvider } from "@pulumi/github/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { apiUrl, ownerOf } from "../config/derive.ts";
import type { AwsConfiguration, Configuration, GithubConfiguration } from "../config/schema.ts";
import { withoutTrailingSlash } from "../config/urls.ts";
import type { AppCredentials } from "../config/app-credentials.ts";

/** The providers of an environment, as a component's `providers` option takes them. */
export function createProviders(
  name: string,
  { aws, github }: Configuration,
  app: AppCredentials | undefined,
): { aws: AwsProvider; github: GithubProvider } {
  return {
    aws: new AwsProvider(name, awsProviderArgs(aws)),
    github: new GithubProvider(name, githubProviderArgs(github, app), { transformations: [withoutToken] }),
  };
}

/**
 * The AWS provider takes its credentials from the environment, as ever, and
 * refuses those of another account. No default tags: see resource-tags.ts.
 */
export function awsProviderArgs(aws: AwsConfiguration): AwsProviderArgs {
  const { monitoring, ...others } = aws.endpoints;
  const endpoints = Object.fromEntries(
    // The provider knows the service by its own name, AWS's host names by another.
    Object.entries({ ...others, cloudwatch: monitoring }).filter(([, url]) => url !== undefined),
  );
  return {
    region: aws.region,
    allowedAccountIds: [aws.account],
    ...(Object.keys(endpoints).length > 0 && { endpoints: [endpoints] }),
  };
}

/**
 * The GitHub provider reads a token from the environment by itself. It reads an
 * App's credentials only when it is told to use one, so these are handed over,
 * the private key as a secret: it is in the state, encrypted. A token made from
 * it at each run would be another input each time, and void in the state when
 * `destroy`, which runs no program, needs it. The URL is always written:
 * otherwise the SDK would take `GITHUB_BASE_URL`, and the stack another GitHub
 * than its Commands.
 */
export function githubProviderArgs(
  github: GithubConfiguration,
  app: AppCredentials | undefined,
): GithubProviderArgs {
  return {
    owner: ownerOf(github),
    baseUrl: providerBaseUrl(github),
    ...(app && {
      appAuth: { id: app.id, installationId: app.installationId, pemFile: pulumi.secret(app.privateKey) },
      ...retriesOfApp,
    }),
  };
}

/**
 * The provider has GitHub make it a token at each run, and GitHub may answer 401
 * to a new one for some seconds (octokit/auth-app.js#65). So it tries again after
 * that too, a second apart. The other statuses are its own defaults.
 */
const retriesOfApp = { retryableErrors: [401, 500, 502, 503, 504], maxRetries: 5 };

/** The provider asks for a slash at the end, and adds the path of an Enterprise Server's API itself. */
function providerBaseUrl(github: GithubConfiguration): string {
  const api = apiUrl(github);
  const own = withoutTrailingSlash(github.url);
  return `${api.startsWith(own) ? own : api}/`;
}

/**
 * The SDK copies `GITHUB_TOKEN` into the provider's inputs, and does not mark it
 * as secret: it would stand in the state in the clear, and a later destroy
 * would use it long after it has expired. Without it the provider reads the
 * environment of the day.
 */
function withoutToken({
  props,
  opts,
}: pulumi.ResourceTransformationArgs): pulumi.ResourceTransformationResult {
  return { props: { ...(props as Record<string, unknown>), token: undefined }, opts };
}
