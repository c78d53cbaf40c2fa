import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { machinePolicy } from "../../../components/runner-fleet/machine-policy.ts";
import { createAws } from "../../../local/aws/index.ts";
import type { AwsCloud, AwsOptions } from "../../../local/aws/index.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { createClock } from "../../../local/clock.ts";
import type { Clock } from "../../../local/clock.ts";
import type { Properties } from "../../../local/provider.ts";
import { createFakeHost } from "./fake-host.ts";
import type { FakeHost } from "./fake-host.ts";

export const account = "123456789012";
export const region = "eu-central-1";

export const types = {
  vpc: "aws:ec2/vpc:Vpc",
  subnet: "aws:ec2/subnet:Subnet",
  securityGroup: "aws:ec2/securityGroup:SecurityGroup",
  volume: "aws:ec2/volume:Volume",
  role: "aws:iam/role:Role",
  rolePolicy: "aws:iam/rolePolicy:RolePolicy",
  instanceProfile: "aws:iam/instanceProfile:InstanceProfile",
  instance: "aws:ec2/instance:Instance",
  parameter: "aws:ssm/parameter:Parameter",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  table: "aws:dynamodb/table:Table",
  queue: "aws:sqs/queue:Queue",
  function: "aws:lambda/function:Function",
  topic: "aws:sns/topic:Topic",
  topicPolicy: "aws:sns/topicPolicy:TopicPolicy",
  subscription: "aws:sns/topicSubscription:TopicSubscription",
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  managedPolicy: "aws:iam/policy:Policy",
  budget: "aws:budgets/budget:Budget",
  budgetAction: "aws:budgets/budgetAction:BudgetAction",
  costTag: "aws:costexplorer/costAllocationTag:CostAllocationTag",
} as const;

type Type = keyof typeof types;

/** An account with a network and the role of the fleet `dev-cloud`, served at a URL. */
export interface TestCloud {
  aws: AwsCloud;
  host: FakeHost;
  clock: Clock;
  /** Advances the real time of the queues by seconds. */
  passWireSeconds: (seconds: number) => void;
  url: string;
  /** Ids of the network, and the name of the profile. */
  network: { vpcId: string; subnetId: string; securityGroupId: string };
  make(type: Type, inputs: Properties): Promise<{ id: string; state: Properties }>;
  remove(type: Type, id: string): Promise<void>;
  /** The inputs of a machine, as the stack's: locked, with the role's profile. */
  machineInputs: (more?: Properties) => Properties;
  machine(more?: Properties): Promise<Instance>;
  /** Clients with the operator's key, or with that of a machine's role. */
  clients(machine?: Instance): { ec2: EC2Client; ssm: SSMClient };
  close(): Promise<void>;
}

/** @param options of the account */
export async function startTestCloud(
  options: Pick<AwsOptions, "defaultDiskKey" | "functions" | "log"> = {},
): Promise<TestCloud> {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-aws-"));
  const clock = createClock(join(dir, "clock"));
  const host = createFakeHost();
  let wire = Date.now();
  const aws = createAws({ clock, account, region, host, wireNow: () => wire, ...options });
  const { url, close } = await aws.listen();
  const opened: { destroy(): void }[] = [];

  const make: TestCloud["make"] = (type, inputs) => aws.provider.types[types[type]]!.create(inputs, {});
  const vpcId = (await make("vpc", { cidrBlock: "10.42.0.0/16" })).id;
  const zone = { availabilityZone: `${region}a`, mapPublicIpOnLaunch: true };
  const subnetId = (await make("subnet", { vpcId, cidrBlock: "10.42.0.0/18", ...zone })).id;
  const securityGroupId = (await make("securityGroup", { vpcId, name: "machines" })).id;
  await make("role", { name: "machines", path: "/longhaul/" });
  const policy = JSON.stringify(machinePolicy("dev", "cloud", { account, region, partition: "aws" }));
  await make("rolePolicy", { role: "machines", name: "machine", policy });
  await make("instanceProfile", { name: "machines", path: "/longhaul/", role: "machines" });

  const machineInputs = (more: Properties = {}) => ({
    ami: "ami-0123456789abcdef0",
    instanceType: "m5.xlarge",
    subnetId,
    vpcSecurityGroupIds: [securityGroupId],
    iamInstanceProfile: "machines",
    disableApiTermination: true,
    disableApiStop: true,
    instanceInitiatedShutdownBehavior: "stop",
    metadataOptions: { httpTokens: "required", instanceMetadataTags: "enabled" },
    rootBlockDevice: { volumeSize: 100, encrypted: true },
    userDataBase64: Buffer.from("#!/bin/bash").toString("base64"),
    tags: { "longhaul:fleet": "cloud" },
    ...more,
  });

  return {
    aws,
    host,
    clock,
    passWireSeconds: (seconds) => {
      wire += seconds * 1000;
    },
    url,
    network: { vpcId, subnetId, securityGroupId },
    make,
    remove: (type, id) => aws.provider.types[types[type]]!.delete(id, {}, {}),
    machineInputs,
    machine: async (more) => aws.account.instances[(await make("instance", machineInputs(more))).id]!,
    clients: (machine) => {
      const key = machine ? aws.credentialsOf(machine.id)! : aws.operator;
      const { token, ...pair } = key;
      const credentials = { ...pair, ...(token === undefined ? {} : { sessionToken: token }) };
      const options = { endpoint: url, region, credentials, maxAttempts: 1 };
      const clients = { ec2: new EC2Client(options), ssm: new SSMClient(options) };
      opened.push(clients.ec2, clients.ssm);
      return clients;
    },
    close: async () => {
      for (const client of opened) client.destroy();
      await close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** AWS's error code with which a call is refused, or the message of another error. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return error instanceof Error && !["Error", "Failure", "AwsError"].includes(error.name)
      ? error.name
      : (error as Error).message;
  }
  throw new Error("the call was not refused");
}
