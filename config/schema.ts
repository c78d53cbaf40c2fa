import { z } from "zod";
import { defaults } from "./defaults.ts";
import { limits } from "./limits.ts";
import { httpUrl, tlsUrl } from "./urls.ts";

/*
 * The shape of the configuration, one schema per top-level key of the stack
 * file. Descriptions, limits and examples become docs/configuration.md; what
 * needs more than one key to judge is in rules.ts.
 */

/** A string of one form: the refusal says which, the reference shows the example. */
function text(pattern: RegExp, what: string, example: string) {
  return z
    .string()
    .regex(pattern, `must be ${what}, for example ${example}`)
    .meta({ examples: [example] });
}

const endpoints = z
  .strictObject({
    ec2: tlsUrl.optional().describe("EC2."),
    ssm: tlsUrl.optional().describe("Systems Manager."),
    monitoring: tlsUrl.optional().describe("CloudWatch."),
    logs: tlsUrl.optional().describe("CloudWatch Logs."),
    sts: tlsUrl.optional().describe("Security Token Service."),
    iam: tlsUrl.optional().describe("IAM."),
  })
  .describe(
    "Endpoint URLs, where the public ones of the region are not the right ones (VPC endpoints, FIPS).",
  );

export const awsSchema = z
  .strictObject({
    account: text(/^\d{12}$/, "the 12 digits of an account, in quotes", '"123456789012"').describe(
      "The account. Every command refuses to work with another one.",
    ),
    region: text(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region", "eu-central-1").describe("The region."),
    partition: z
      .enum(["aws", "aws-cn", "aws-us-gov"])
      .optional()
      .describe("The partition. Default: the one the region belongs to."),
    endpoints: endpoints.default({}),
    rolePath: text(/^\/([\w+=,.@-]+\/)*$/, "a path that begins and ends with a slash", "/runners/")
      .max(512)
      .default(defaults.rolePath)
      .describe("IAM path of the roles and instance profiles."),
    permissionsBoundary: text(
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      "the ARN of an IAM policy",
      "arn:aws:iam::123456789012:policy/runner-boundary",
    )
      .optional()
      .describe("ARN of the policy that bounds every role."),
    kmsKeyArn: text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      "the ARN of a KMS key (not of an alias)",
      "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    )
      .optional()
      .describe("KMS key for disks and registration tokens. Default: the account's AWS managed keys."),
  })
  .describe("The AWS side.");

const repositoryName = text(/^[\w.-]+$/, "the name of a repository without its owner", "app");

export const githubSchema = z
  .strictObject({
    organization: text(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, "the short name of an organisation", "acme")
      .optional()
      .describe("Runners for an organisation. Either this or `repository`."),
    repository: text(/^[A-Za-z0-9][\w-]*\/[\w.-]+$/, "owner/name", "acme/app")
      .optional()
      .describe("Runners for one repository, as owner/name."),
    runnerGroup: z
      .strictObject({
        name: z.string().min(1).max(128).describe("Name of the group that the stack makes."),
        visibility: z
          .enum(["all", "selected", "private"])
          .default("selected")
          .describe(
            "Which repositories may use it: `all`, the `private` ones, or the `selected` ones below.",
          ),
        repositories: z
          .array(repositoryName)
          .default([])
          .describe("Names of the allowed repositories (without the owner), with visibility `selected`."),
      })
      .optional()
      .describe("Organisations only. Default: the organisation's default group."),
    url: tlsUrl
      .default(defaults.githubUrl)
      .describe(
        "Base URL of GitHub. For GitHub Enterprise Server its own, for example https://github.example.com.",
      ),
  })
  .describe("The GitHub side. Credentials come from the environment: GITHUB_TOKEN, or an App's variables.");

const proxySchema = z.strictObject({
  http: httpUrl.optional().describe("Proxy for http."),
  https: httpUrl.optional().describe("Proxy for https."),
  noProxy: z.array(z.string().min(1)).default([]).describe("Hosts and networks that are reached directly."),
});

export const networkSchema = z
  .strictObject({
    cidr: z
      .cidrv4("must be an IPv4 network, for example 10.42.0.0/16")
      .meta({ examples: ["10.42.0.0/16"] })
      .default(defaults.cidr)
      .describe("Address range of the VPC that the stack makes: public subnets in two zones, no NAT."),
    vpcId: text(/^vpc-[0-9a-f]+$/, "a VPC id", "vpc-0123456789abcdef0")
      .optional()
      .describe(
        "A VPC of yours, together with `subnetIds`. The stack then makes only a security group in it.",
      ),
    subnetIds: z
      .array(text(/^subnet-[0-9a-f]+$/, "a subnet id", "subnet-0123456789abcdef0"))
      .min(1)
      .optional()
      .describe(
        "Subnets of yours; machines are spread over them. The subnet decides whether a machine gets a public address.",
      ),
    proxy: proxySchema.optional().describe("Reaches the agent, the package manager, Docker and the jobs."),
    caBundle: z
      .string()
      .includes("-----BEGIN CERTIFICATE-----", "must be PEM text with at least one certificate")
      .optional()
      .describe("Certificates to trust in addition, as PEM text. Reaches the same parts as the proxy."),
  })
  .describe("What machines are connected to.");

const imageSchema = z
  .strictObject({
    parameter: text(/^\/[\w./-]+$/, "the name of an SSM parameter, with a slash in front", "/images/runner")
      .optional()
      .describe(
        "SSM parameter that holds the AMI id. Default: Canonical's Ubuntu 24.04 for the architecture.",
      ),
    ami: text(/^ami-[0-9a-f]+$/, "an AMI id", "ami-0123456789abcdef0")
      .optional()
      .describe("AMI id, instead of `parameter`."),
    user: text(/^[a-z_][a-z0-9_-]{0,31}$/, "a Linux user name", "runner")
      .refine((user) => user !== "root", "must not be root: the runner refuses to run as root")
      .default(defaults.user)
      .describe("The unprivileged user that jobs run as. Made when the image does not have it."),
    baked: z
      .boolean()
      .default(false)
      .describe("The image brings every package along; nothing is installed at boot."),
  })
  .describe("The machine image.");

const diskSchema = z
  .strictObject({
    sizeGb: z.int().min(20).max(16384).default(defaults.diskGb).describe("Size in GiB."),
    iops: z.int().min(3000).max(16000).optional().describe("gp3 operations per second."),
    throughput: z.int().min(125).max(1000).optional().describe("gp3 throughput in MiB/s."),
  })
  .describe("The root disk: gp3, encrypted.");

const runnerSoftwareSchema = z
  .strictObject({
    version: text(/^\d+\.\d+\.\d+$/, "a version", "2.338.0")
      .default(defaults.runnerVersion)
      .describe("Version of actions/runner."),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be the 64 lower-case hexadecimal digits of a SHA-256")
      .optional()
      .describe(
        "SHA-256 of the tarball, 64 hexadecimal digits. Known for the default version; needed for any other (the release notes of actions/runner carry it).",
      ),
    url: httpUrl.optional().describe("Where the tarball is. Default: GitHub's release."),
    selfUpdate: z
      .boolean()
      .default(true)
      .describe(
        "Whether the runner may update itself. Without it, rotate at least every 30 days: GitHub refuses older versions.",
      ),
  })
  .describe("The runner software.");

export const fleetSchema = z
  .strictObject({
    runners: z.int().min(1).max(limits.runnersPerFleet).default(1).describe("Number of runners."),
    generations: z
      .record(z.string().regex(/^[1-9]\d*$/, "must be a runner's number"), z.int().min(1))
      .default({})
      .describe("Generation by runner number; 1 where not named. Raising it rotates that runner."),
    instanceType: text(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type", "m5.xlarge")
      .default(defaults.instanceType)
      .describe("EC2 instance type."),
    architecture: z.enum(["x64", "arm64"]).optional().describe("Default: the one of the instance type."),
    image: imageSchema.prefault({}),
    disk: diskSchema.prefault({}),
    labels: z
      .array(z.string())
      .default([...defaults.labels])
      .describe("Labels that workflows ask for. GitHub adds `self-hosted`, the system and the architecture."),
    runner: runnerSoftwareSchema.prefault({}),
    docker: z.boolean().default(true).describe("Docker for jobs. A job with Docker is root on its machine."),
    sudo: z.boolean().default(false).describe("Whether jobs may use sudo without a password."),
    bootSteps: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Shell lines run as root at the first boot, before the machine registers. No secrets: every process on the machine can read them.",
      ),
  })
  .describe("One fleet: runners of one shape.");

export const fleetsSchema = z
  .record(z.string(), fleetSchema)
  .refine((fleets) => Object.keys(fleets).length > 0, "must name at least one fleet")
  .describe("Fleets by name.");

export const smokeTestSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether a new machine must run a workflow before it is in service."),
    minutes: z
      .int()
      .min(1)
      .default(defaults.smokeMinutes)
      .describe("How long the test holds the machine that is tested in full."),
    machines: z
      .enum(["first", "all"])
      .default("first")
      .describe("Which new machines of a fleet run it in full; the others run one of two minutes."),
    wait: z
      .enum(["start", "end"])
      .default("start")
      .describe("Whether `up` returns when the job is in progress, or holds until its end."),
    repository: repositoryName
      .optional()
      .describe("Organisations only: name of the repository that holds the workflow, without the owner."),
    workflow: text(/^[\w.-]+\.ya?ml$/, "a file name that ends in .yml", "longhaul-smoke.yml")
      .default(defaults.smokeWorkflow)
      .describe("File name below .github/workflows. Two environments of one repository need two names."),
    onlineWithinMinutes: z
      .int()
      .min(1)
      .max(60)
      .default(defaults.onlineWithinMinutes)
      .describe("How long a new machine may take until its test is in progress."),
  })
  .describe("The proof that a new machine works.");

export const agentSchema = z
  .strictObject({
    pollSeconds: z
      .number()
      .min(0.1)
      .max(300)
      .default(defaults.pollSeconds)
      .describe("Seconds between two reads of a fleet's parameters by a machine."),
  })
  .describe("The supervisor on each machine.");

/** All top-level keys of a stack's configuration, below `longhaul:`. */
export const configurationSchema = z.strictObject({
  aws: awsSchema,
  github: githubSchema,
  network: networkSchema.prefault({}),
  fleets: fleetsSchema,
  smokeTest: smokeTestSchema.prefault({}),
  agent: agentSchema.prefault({}),
});

/** The configuration as the schema delivers it: every default filled in. */
export type Configuration = z.output<typeof configurationSchema>;
export type FleetConfiguration = z.output<typeof fleetSchema>;
export type NetworkConfiguration = z.output<typeof networkSchema>;
export type AwsConfiguration = z.output<typeof awsSchema>;
export type GithubConfiguration = z.output<typeof githubSchema>;
export type SmokeTestConfiguration = z.output<typeof smokeTestSchema>;
