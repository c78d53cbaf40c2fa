import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { AssertionError } from "chai";
import { patienceMs } from "../patience.ts";

/** A server that claims to be AWS. */
export interface Target {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  account: string;
  imageId: string;
  /** A subnet and a security group of one VPC, for the suite's instances. */
  subnetId: string;
  securityGroupId: string;
  vpcId: string;
  stop: () => Promise<void>;
}

export const region = "eu-central-1";

/** The official clients without retries, so that a refusal is seen at once. */
export function createClients({ endpoint, credentials }: Pick<Target, "endpoint" | "credentials">) {
  const options = { endpoint, credentials, region, maxAttempts: 1 };
  return {
    ec2: new EC2Client(options),
    ssm: new SSMClient(options),
    sts: new STSClient(options),
    logs: new CloudWatchLogsClient(options),
    cloudwatch: new CloudWatchClient(options),
    /** The protocol that CloudWatch's older clients, and ours on the machines, speak. */
    cloudwatchByQuery: new CloudWatchClient({ ...options, protocol: AwsQueryProtocol }),
  };
}

export type Clients = ReturnType<typeof createClients>;

/** One rule of AWS. */
export interface Case {
  title: string;
  run: (clients: Clients, target: Target) => Promise<void>;
  /** How moto differs from AWS. The case must then fail on moto, so that no note outlives its reason. */
  motoDiffers?: string;
}

/** Retries until the value is there, for changes that AWS makes with a delay. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  limitMs = patienceMs,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${limitMs / 1000} s`);
}

/** AWS's error code with which a call is refused. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).name;
  }
  throw new AssertionError("the call was not refused");
}
