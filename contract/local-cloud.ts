/** The one environment that runs on the local cloud, and its stack. */
export const localEnvironment = "local";

/** The process variable through which the local cloud says where it is: a {@link LocalCloudOverlay} as JSON. */
export const localCloudVariable = "LONGHAUL_LOCAL";

/** The services that the stack and its machines call, by the names of the provider's endpoints. */
export const localServices = [
  "ec2",
  "ssm",
  "monitoring",
  "logs",
  "dynamodb",
  "sqs",
  "sts",
  "iam",
  "budgets",
] as const;

/** The values with which the local cloud overrides the stack's configuration. */
export interface LocalCloudOverlay {
  account: string;
  region: string;
  /** Base URLs. */
  endpoints: Record<(typeof localServices)[number], string>;
  githubUrl: string;
  /** Where the runner's tarball is, and its SHA-256. */
  runnerUrl: string;
  runnerSha256: string;
  agent: { pollSeconds: number; quietSeconds: number; spreadSeconds: number; staySeconds: number };
}
