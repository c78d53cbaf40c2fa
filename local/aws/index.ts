import type { Clock } from "../clock.ts";
import type { Functions } from "../functions/index.ts";
import type { MachineHost } from "../machines/host.ts";
import type { EmulatedProvider } from "../provider.ts";
import { budgetsService, takeBill } from "./budgets.ts";
import type { Bill } from "./budgets.ts";
import { cloudwatchService } from "./cloudwatch.ts";
import { dynamodbService } from "./dynamodb.ts";
import { ec2Service } from "./ec2.ts";
import { createFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import { createInstances } from "./instances.ts";
import { logsService } from "./logs.ts";
import { instanceCredentials } from "./principals.ts";
import { awsProvider } from "./provider.ts";
import { createQueues } from "./queues.ts";
import type { Queues } from "./queues.ts";
import { serveApi } from "./server.ts";
import type { CallRecord } from "./server.ts";
import { sqsService } from "./sqs.ts";
import { ssmService } from "./ssm.ts";
import { emptyAccount } from "./state.ts";
import type { AccessKey, Account, Cloud, Instance } from "./state.ts";
import { stsService } from "./sts.ts";

export interface AwsOptions {
  clock: Clock;
  /** The account's number, twelve digits. */
  account: string;
  region: string;
  /** ARN of the customer's key under which disks are encrypted by default. Absent: AWS's own key. */
  defaultDiskKey?: string;
  host: MachineHost;
  /** The functions' host and everything that calls it. Absent: the account accepts no functions. */
  functions?: Functions;
  /** Receives a line for each mail to people. */
  onMail?: (line: string) => void;
  /** Takes the stack of a fault of the emulator. Default: standard error, which is the local cloud's log. */
  log?: (text: string) => void;
  /**
   * Real milliseconds, for how long a message is invisible and a write is not
   * seen. Default: the computer's clock.
   */
  wireNow?: () => number;
}

/** One emulated account in one region. */
export interface AwsCloud {
  /** The provider for the engine. */
  provider: EmulatedProvider;
  /** A key with all permissions, for the operator's commands. */
  operator: AccessKey;
  faults: Faults;
  /** The queues, for a receiver in this process. */
  queues: Queues;
  /** Serves every service at one URL, on a free port of loopback. */
  listen(): Promise<{ url: string; close: () => Promise<void> }>;
  /** Every instance that was ever made, including terminated ones. */
  instances(): readonly Instance[];
  /** What the account holds, for tests and for `status`: to be read, not changed. */
  readonly account: Readonly<Account>;
  /** Credentials of an instance's role, as its metadata service hands them out. */
  credentialsOf(instanceId: string): AccessKey | undefined;
  /** Gives a budget AWS's own figures of the month. */
  bill(budget: string, bill: Bill): void;
  /** From now on only these zones offer an instance type. Running instances are not affected. */
  offer(instanceType: string, zones: readonly string[]): void;
  /** From now on every resource must be made with tags of these keys, as an organisation can require. */
  demandTags(...keys: string[]): void;
  /** The last calls that were answered, the oldest first. */
  calls(): readonly CallRecord[];
}

const rememberedCalls = 10_000;

export function createAws(options: AwsOptions): AwsCloud {
  const {
    clock,
    account,
    region,
    defaultDiskKey,
    host,
    functions,
    wireNow,
    onMail,
    log = console.error,
  } = options;
  const data = emptyAccount();
  const faults = createFaults(clock);
  const cloud: Cloud = {
    account,
    region,
    clock,
    host,
    faults,
    data,
    log,
    ...(onMail && { onMail }),
    ...(defaultDiskKey !== undefined && { defaultDiskKey }),
  };
  const instances = createInstances(cloud);
  const queues = createQueues(cloud, wireNow);
  const calls: CallRecord[] = [];
  const services = {
    ec2: ec2Service(cloud, instances),
    sts: stsService(cloud),
    monitoring: cloudwatchService(cloud),
    ssm: ssmService(cloud),
    logs: logsService(cloud),
    dynamodb: dynamodbService(cloud, wireNow),
    sqs: sqsService(cloud, queues),
    budgets: budgetsService(cloud),
  };
  const record = (call: CallRecord) => {
    calls.push(call);
    calls.splice(0, calls.length - rememberedCalls);
  };

  return {
    provider: awsProvider(cloud, instances, functions),
    operator: data.operator,
    faults,
    queues,
    listen: () => serveApi(cloud, services, record),
    instances: () => Object.values(data.instances),
    account: data,
    credentialsOf: (instanceId) => {
      const instance = data.instances[instanceId];
      return instance && instanceCredentials(cloud, instance);
    },
    bill: (budget, bill) => {
      takeBill(cloud, budget, bill);
    },
    offer: (instanceType, zones) => {
      data.offerings[instanceType] = [...zones];
    },
    demandTags: (...keys) => {
      data.demandedTags = keys;
    },
    calls: () => calls,
  };
}
