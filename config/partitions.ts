/*
 * AWS's partitions: separate clouds with their own accounts, ARNs and host
 * names. Names of regions, domains and hosts are those of the AWS SDKs
 * (partitions.json and the endpoint rules of IAM and Budgets). China,
 * GovCloud and the European Sovereign Cloud were read about and never tried.
 */

export type Partition = "aws" | "aws-cn" | "aws-us-gov" | "aws-eusc";

interface PartitionFacts {
  /** Prefix of its regions' names; `aws` has the rest. */
  regions: string;
  /** Domain of its services' hosts. */
  domain: string;
  /** The one host of a service that has no region. */
  hosts: { iam: string; budgets: string };
  /** EC2 as the principal of a role. The Sovereign Cloud refuses `ec2.amazonaws.eu`. */
  ec2Principal: string;
  /** Why AWS Budgets cannot hold a limit in US dollars there, as the end of a sentence. */
  withoutUsdBudgets?: string;
}

export const partitions: Readonly<Record<Partition, PartitionFacts>> = {
  aws: {
    regions: "",
    domain: "amazonaws.com",
    hosts: { iam: "iam.amazonaws.com", budgets: "budgets.amazonaws.com" },
    ec2Principal: "ec2.amazonaws.com",
  },
  "aws-cn": {
    regions: "cn-",
    domain: "amazonaws.com.cn",
    hosts: { iam: "iam.cn-north-1.amazonaws.com.cn", budgets: "budgets.amazonaws.com.cn" },
    ec2Principal: "ec2.amazonaws.com.cn",
    // https://docs.amazonaws.cn/en_us/aws/latest/userguide/billing-and-payment.html. Budgets takes a partition's own
    // unit alone: https://github.com/awslabs/landing-zone-accelerator-on-aws/issues/682.
    withoutUsdBudgets: "AWS Budgets counts in CNY in China",
  },
  "aws-us-gov": {
    regions: "us-gov-",
    domain: "amazonaws.com",
    hosts: { iam: "iam.us-gov.amazonaws.com", budgets: "budgets.amazonaws.com" },
    ec2Principal: "ec2.amazonaws.com",
    // https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/usage-and-payment.html
    withoutUsdBudgets:
      "GovCloud has no AWS Budgets: the bills of its accounts are known to the standard account alone",
  },
  "aws-eusc": {
    regions: "eusc-",
    domain: "amazonaws.eu",
    hosts: {
      iam: "iam.eusc-de-east-1.amazonaws.eu",
      budgets: "budgets.eusc-de-east-1.api.amazonwebservices.eu",
    },
    ec2Principal: "ec2.amazonaws.com",
    withoutUsdBudgets: "AWS Budgets counts in EUR in the European Sovereign Cloud",
  },
};

/** The partition a region belongs to. */
export function partitionOfRegion(region: string): Partition {
  const names = Object.keys(partitions) as Partition[];
  return names.find((name) => name !== "aws" && region.startsWith(partitions[name].regions)) ?? "aws";
}
