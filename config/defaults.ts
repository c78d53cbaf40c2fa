/** Values that apply if the configuration does not set them. */
export const defaults = {
  rolePath: "/longhaul/",
  githubUrl: "https://github.com",
  cidr: "10.42.0.0/16",
  user: "runner",
  diskGb: 100,
  instanceType: "m5.xlarge",
  labels: ["cloud", "extended-timeout"],
  runnerVersion: "2.338.0",
  smokeMinutes: 360,
  onlineWithinMinutes: 15,
  pollSeconds: 30,
  quietSeconds: 180,
  spreadSeconds: 180,
  staySeconds: 300,
  diskPercent: 70,
  maxJobHours: 24,
} as const;

/** Distributions whose current image is found without a configured image. */
export type Distribution = keyof typeof imageParameters;

/**
 * Public SSM parameters with the id of a distribution's current AMI, by architecture: Canonical's and Amazon's.
 *
 * @see https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
 * @see https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
 */
export const imageParameters = {
  "ubuntu-24.04": {
    x64: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    arm64: "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
  },
  "amazon-linux-2023": {
    x64: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    arm64: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
  },
} as const;

/** The distribution of a machine if the configuration names no image. */
export const defaultDistribution = "ubuntu-24.04" satisfies Distribution;

/** SHA-256 of the runner's Linux tarballs, from the release notes of each version. */
export const knownChecksums: Record<string, { x64: string; arm64: string }> = {
  "2.338.0": {
    x64: "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32",
    arm64: "628b4a7258487b80c1d3c221095a7ded349f5ae0175fd3dfab708d07428f041b",
  },
};
