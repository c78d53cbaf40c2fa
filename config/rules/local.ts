import type { Finding } from "../issues.ts";
import { localEnvironment } from "../../contract/local-cloud.ts";
import { outsideLocalCloud } from "../local.ts";
import type { Configuration } from "../schema.ts";
import { isLoopback } from "../urls.ts";

/** The environment `local` uses this computer only: it is refused without the local cloud. */
export function localFindings(environment: string, { aws, github, fleets }: Configuration): Finding[] {
  if (environment !== localEnvironment) return [];
  const { ec2, ssm, monitoring, logs, dynamodb, sqs, sts, iam, budgets } = aws.endpoints;
  const urls = [ec2, ssm, monitoring, logs, dynamodb, sqs, sts, iam, budgets, github.url];
  const tarballs = Object.values(fleets).map((fleet) => fleet.runner.url);
  const elsewhere = [...urls, ...tarballs].some((url) => url === undefined || !isLoopback(url));
  return elsewhere
    ? [
        {
          path: [],
          message: outsideLocalCloud,
          because: [["aws"], ["github", "url"], ["fleets"]],
        },
      ]
    : [];
}
