import { Failure } from "../contract/failure.ts";
import { apiUrl, ownerOf, repositoryOf, smokeWorkflowOf } from "./derive.ts";
import { withoutTrailingSlash } from "./urls.ts";
import type { Configuration } from "./schema.ts";
import type { SmokeSource, Target } from "../contract/requests.ts";
import { written } from "../contract/written.ts";
import type { Whole } from "../contract/written.ts";

/** The environment that the program's Commands work on. */
export function targetOf(environment: string, { aws, github }: Configuration): Whole<Target> {
  const { ec2, ssm, sts, logs, budgets } = aws.endpoints;
  return written<Target>({
    environment,
    aws: {
      account: aws.account,
      region: aws.region,
      endpoints: { ec2, ssm, sts, logs, budgets },
    },
    github: {
      apiUrl: apiUrl(github),
      url: withoutTrailingSlash(github.url),
      owner: ownerOf(github),
      repository: repositoryOf(github),
    },
  });
}

/** Location of the smoke test's workflow; undefined if the test is off. */
export function smokeSourceOf(
  environment: string,
  { github, smokeTest }: Configuration,
): Whole<SmokeSource> | undefined {
  if (!smokeTest.enabled) return undefined;
  const repository = repositoryOf(github) ?? smokeTest.repository;
  if (repository === undefined) {
    throw new Failure(
      "The smoke test of an organisation's runners needs a repository for its workflow: " +
        "set smokeTest.repository, or smokeTest.enabled to false.",
    );
  }
  return written<SmokeSource>({
    owner: ownerOf(github),
    repository,
    workflow: smokeWorkflowOf(environment, smokeTest),
  });
}
