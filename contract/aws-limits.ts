/**
 * Limits of AWS on which the rules, the stack, its functions and the operator's
 * command must agree. The local cloud stands for AWS, so it has its own copies,
 * which are compared with real AWS.
 */

/**
 * Characters of an SSM parameter of the standard tier, which costs nothing.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
export const parameterLength = 4096;

/**
 * Names in one call of `GetParameters`.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 */
export const namesPerCall = 10;

/**
 * Tags of a resource: their number, and characters of a key and a value. Nearly
 * every service has the same limits.
 *
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const tagLimits = { number: 50, keyLength: 128, valueLength: 256 } as const;

/**
 * Prefix lengths of the largest VPC and of the smallest subnet.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
export const networkPrefixes = { largestVpc: 16, smallestSubnet: 28 } as const;

/**
 * A gp3 volume, with what it takes since September 2025.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
 * @see https://aws.amazon.com/ebs/pricing
 */
export const gp3 = {
  /** GiB. */
  maxGb: 65_536,
  /** Operations per second. */
  maxIops: 80_000,
  /** MiB/s. */
  maxThroughput: 2000,
  /** Operations per second that each GiB allows. */
  iopsPerGb: 500,
  /** MiB/s that each operation per second allows. */
  throughputPerIops: 0.25,
  /** Operations per second that every volume has, free of charge. */
  baseIops: 3000,
  /** MiB/s that every volume has, free of charge. */
  baseThroughput: 125,
} as const;
