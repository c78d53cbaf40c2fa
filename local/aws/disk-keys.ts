import { verdictOn } from "./principals.ts";
import type { Principal } from "./principals.ts";
import type { Cloud, Instance } from "./state.ts";

/** EC2's name for the default key of an account that has chosen none. */
export const managedDiskKey = "alias/aws/ebs";

/**
 * Whether EC2 can attach an instance's disk for the caller that starts it: EC2
 * creates a grant on the disk's key in the caller's name. The key's own policy
 * is not emulated: it is assumed to leave the decision to IAM.
 */
export function mayUseDisk(cloud: Cloud, { disk }: Instance, caller: Principal): boolean {
  if (disk?.kmsKeyId === undefined) return true;
  const context = {
    "kms:GrantIsForAWSResource": "true",
    "kms:ViaService": `ec2.${cloud.region}.amazonaws.com`,
  };
  return (
    verdictOn(cloud, caller, { action: "kms:CreateGrant", resource: disk.kmsKeyId, context }) === "allowed"
  );
}
