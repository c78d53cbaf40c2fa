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
 * The AWS provider takes its credentials from the environment as usual, and
 * refuses those of another account. It has no default tags: see resource-tags.ts.
 */
export function awsProviderArgs(aws: AwsConfiguration): AwsProviderArgs {
  const { monitoring, ...others } = aws.endpoints;
  const endpoints = Object.fromEntries(
    // The provider names the service differently than AWS's host names do.
    Object.entries({ ...others, cloudwatch: monitoring }).filter(([, url]) => url !== undefined),
  );
  return {
    region: aws.region,
    allowedAccountIds: [aws.account],
    ...(Object.keys(endpoints).length > 0 && { endpoints: [endpoints] }),
  };
}

/**
 * The GitHub provider reads a token from the environment by itself. It uses an
 * App's credentials only if they are configured, so they are passed, and the
 * private key as a secret: the state holds it encrypted. A token made from the
 * key at each run would change the inputs each time, and would have expired when
 * `destroy`, which runs no program, needs it. The URL is always passed: without
 * it the SDK would read `GITHUB_BASE_URL`, and the stack could use another GitHub
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
 * The provider lets GitHub make a token at each run, and GitHub may answer 401 to
 * a new token for some seconds (octokit/auth-app.js#65). So that status is
 * retried too, a second apart. The other statuses are the provider's defaults.
 */
const retriesOfApp = { retryableErrors: [401, 500, 502, 503, 504], maxRetries: 5 };

/** The provider asks for a slash at the end, and adds the path of an Enterprise Server's API itself. */
function providerBaseUrl(github: GithubConfiguration): string {
  const api = apiUrl(github);
  const own = withoutTrailingSlash(github.url);
  return `${api.startsWith(own) ? own : api}/`;
}

/**
 * The SDK copies `GITHUB_TOKEN` into the provider's inputs without marking it as
 * secret: the state would hold it in the clear, and a later destroy would use it
 * long after it has expired. Without it, the provider reads the environment of
 * each run.
 */
function withoutToken({
  props,
  opts,
}: pulumi.ResourceTransformationArgs): pulumi.ResourceTransformationResult {
  return { props: { ...(props as Record<string, unknown>), token: undefined }, opts };
}
