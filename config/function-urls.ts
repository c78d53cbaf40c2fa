import { partitionOfRegion } from "./partitions.ts";
import type { Partition } from "./partitions.ts";

/**
 * Regions where Lambda has no function URLs, which a webhook needs. AWS's
 * documentation listed these when it was read on 2026-11-30
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html); newer
 * editions of the page point to a table instead
 * (https://builder.aws.com/build/capabilities/explore?tab=service-feature,
 * feature "Function URLs").
 */
export const regionsWithoutFunctionUrls: readonly string[] = [
  "ap-east-2",
  "ap-south-2",
  "ap-southeast-4",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-west-1",
  "eu-central-2",
  "eu-south-2",
  "il-central-1",
  "me-central-1",
];

/**
 * Partitions whose own documentation says, read on 2026-11-30, that none of their
 * regions has function URLs. The list above does not contain them:
 * https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html,
 * https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-lambda.html.
 * No statement was found about the European Sovereign Cloud.
 */
const partitionsWithoutFunctionUrls: readonly Partition[] = ["aws-cn", "aws-us-gov"];

/** Whether Lambda has function URLs in a region, by the lists above. */
export function hasFunctionUrls(region: string): boolean {
  return (
    !regionsWithoutFunctionUrls.includes(region) &&
    !partitionsWithoutFunctionUrls.includes(partitionOfRegion(region))
  );
}
