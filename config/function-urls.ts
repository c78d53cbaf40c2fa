/**
 * Regions where Lambda has no function URLs, which a webhook needs. AWS's
 * documentation listed these in 2026
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html); its
 * newer editions point to a table instead
 * (https://builder.aws.com/build/capabilities/explore?tab=service-feature,
 * feature "Function URLs"). China, GovCloud and the European Sovereign Cloud
 * are not listed.
 */
export const regionsWithoutFunctionUrls: ReadonlySet<string> = new Set([
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
]);
