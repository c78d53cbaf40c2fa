import type { Finding } from "../issues.ts";
import { partitionOfRegion, partitions } from "../partitions.ts";
import type { AwsConfiguration } from "../schema.ts";

/** Region, partition and the given ARNs must belong together. */
export function awsFindings(aws: AwsConfiguration): Finding[] {
  const { region, partition, permissionsBoundary, kmsKeyArn } = aws;
  const because = [["aws", "region"]];
  if (/^(us|eu)-iso/.test(region)) {
    const message = `${region} is a region of its own kind of partition, which Longhaul does not know; known: ${Object.keys(partitions).join(", ")}`;
    return [{ path: ["aws", "region"], message }];
  }
  const actual = partitionOfRegion(region);
  const findings: Finding[] = [];
  if (partition !== undefined && partition !== actual) {
    const message = `is ${partition}, but ${region} belongs to ${actual}; remove the key`;
    findings.push({ path: ["aws", "partition"], message, because });
  }
  for (const [key, arn] of Object.entries({ permissionsBoundary, kmsKeyArn })) {
    const of = arn?.split(":")[1];
    if (of === undefined || of === actual) continue;
    findings.push({
      path: ["aws", key],
      message: `is an ARN of the partition ${of}, but ${region} belongs to ${actual}`,
      because,
    });
  }
  const keyRegion = kmsKeyArn?.split(":")[3];
  if (keyRegion !== undefined && keyRegion !== region) {
    const message = `is a key of ${keyRegion}, and a key works in its own region only; name one of ${region}`;
    findings.push({ path: ["aws", "kmsKeyArn"], message, because });
  }
  return findings;
}
