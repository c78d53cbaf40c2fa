import type { Clock } from "../clock.ts";
import type { MachineHost } from "../machines/host.ts";
import type { EmulatedProvider } from "../provider.ts";
import { cloudwatchService } from "./cloudwatch.ts";
import { ec2Service } from "./ec2.ts";
import { createFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import { createInstances } from "./instances.ts";
import { logsService } from "./logs.ts";
import { instanceCredentials } from "./principals.ts";
import { awsProvider } from "./provider.ts";
import { serveApi } from "./server.ts";
import type { CallRecord } from "./server.ts";
import { ssmService } from "./ssm.ts";
import { openAccount } from "./state.ts";
import type { AccessKey, Account, Cloud } from "./state.ts";
import { stsService } from "./sts.ts";

export interface AwsOptions {
  clock: Clock;
  /** Twelve digits. */
  account: string;
  region: string;
  host: MachineHost;
  /** Folder that the account is kept in; absent: it is forgotten with the process. */
  stateDir?: string;
}

/** One emulated account in one region. */
export interface AwsCloud {
  /** For the engine. */
  provider: EmulatedProvider;
  /** A key with all permissions, for the operator's commands. */
  operator: AccessKey;
  faults: Faults;
  /** Serves every service at one URL, and boots what ran when the account was last closed. */
  listen(port?: number): Promise<{ url: string; close(): Promise<void> }>;
  /** What the account holds, for tests and for `status`: to be read, not changed. */
  readonly account: Readonly<Account>;
  /** Credentials of an instance's role, as its metadata service hands them out. */
  credentialsOf(instanceId: string): AccessKey | undefined;
  /** The last calls that were answered, the oldest first. */
  calls(): readonly CallRecord[];
}

const rememberedCalls = 10_000;

export function createAws({ clock, account, region, host, stateDir }: AwsOptions): AwsCloud {
  const { data, changed, flush } = openAccount(stateDir);
  const faults = createFaults(clock);
  const cloud: Cloud = { account, region, clock, host, faults, data, changed };
  const instances = createInstances(cloud);
  const calls: CallRecord[] = [];
  const services = {
    ec2: ec2Service(cloud, instances),
    sts: stsService(cloud),
    monitoring: cloudwatchService(cloud),
    ssm: ssmService(cloud),
    logs: logsService(cloud),
  };
  const record = (call: CallRecord) => {
    calls.push(call);
    calls.splice(0, calls.length - rememberedCalls);
  };

  return {
    provider: awsProvider(cloud, instances),
    operator: data.operator,
    faults,
    listen: async (port = 0) => {
      const { url, close } = await serveApi(cloud, services, record, port);
      void instances.resume();
      return {
        url,
        close: async () => {
          await close();
          flush();
        },
      };
    },
    account: data,
    credentialsOf: (instanceId) => {
      const instance = data.instances[instanceId];
      return instance && instanceCredentials(cloud, instance);
    },
    calls: () => calls,
  };
}
