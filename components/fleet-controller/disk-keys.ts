import { getDefaultKmsKey } from "@pulumi/aws/ebs/getDefaultKmsKey.js";
import type * as pulumi from "@pulumi/pulumi";
import { Failure, messageOf } from "../../contract/failure.ts";
import type { LivingMachines } from "../runner-fleet/adoption.ts";
import { viaService } from "../iam/policy.ts";
import type { PolicyScope, PolicyStatement } from "../iam/policy.ts";

/*
 * A principal that launches or starts an instance must be allowed to create a
 * grant on the key of its disk. Otherwise EC2 answers 200, and the instance goes
 * from pending to stopped with the reason Client.InternalError:
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 * AWS's own key for EBS needs no permission; a customer's key does.
 */

/**
 * The customer's key of new disks: the configured one, else the account's default
 * key for EBS in the region, if one was chosen.
 *
 * @param opts the AWS provider to ask
 * @returns its ARN; undefined if it is AWS's own key
 * @throws Failure if AWS does not say which key is the default: without the permission, machines might never start
 */
export async function findDiskKey(
  { kmsKeyArn }: Pick<PolicyScope, "kmsKeyArn">,
  opts: pulumi.InvokeOptions,
): Promise<string | undefined> {
  if (kmsKeyArn !== undefined) return kmsKeyArn;
  try {
    const { keyArn } = await getDefaultKmsKey({}, opts);
    // EC2 names its own key by its alias, alias/aws/ebs. A permission on that key would do no harm.
    return /:key\/[\w-]+$/.test(keyArn) ? keyArn : undefined;
  } catch (error) {
    throw new Failure(
      "The account's default key for disks could not be looked up, so it is not known which key machines are started with: " +
        `${messageOf(error)}\nIt takes ec2:GetEbsDefaultKmsKeyId; with aws.kmsKeyArn nothing is looked up.`,
      { cause: error },
    );
  }
}

/**
 * The keys of all disks: the one of new disks, and those of living machines that
 * were made before the configuration or the account's default changed.
 */
export function diskKeysOf(diskKey: string | undefined, living: LivingMachines): string[] {
  const ofMachines = [...living.values()].flat().map((machine) => machine.diskKey);
  return [...new Set([diskKey, ...ofMachines])].filter((key) => key !== undefined).sort();
}

/** The permission for EC2 to use these keys for the disks of machines that are started. */
export function diskKeyStatements(aws: PolicyScope, diskKeys: readonly string[]): PolicyStatement[] {
  if (diskKeys.length === 0) return [];
  return [
    {
      Sid: "LendTheDisksKeyToEc2",
      Effect: "Allow",
      Action: ["kms:CreateGrant"],
      Resource: [...diskKeys],
      Condition: {
        Bool: { "kms:GrantIsForAWSResource": "true" },
        StringEquals: { "kms:ViaService": viaService(aws, "ec2") },
      },
    },
  ];
}
