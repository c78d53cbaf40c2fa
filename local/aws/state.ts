import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { MachineHost } from "../machines/host.ts";
import type { Properties } from "../provider.ts";
import type { Faults } from "./faults.ts";
import { principalId, secret } from "./ids.ts";

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Temporary credentials only. */
  token?: string;
}

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

export interface Instance {
  id: string;
  imageId: string;
  instanceType: string;
  architecture: "x86_64" | "arm64";
  state: InstanceState;
  /** Why it is in this state, where it is not simply running. */
  stateReason?: { code: string; message: string };
  /** Milliseconds since the epoch, as all times here. */
  launchedAt: number;
  /** From when on DescribeInstances knows it. */
  visibleFrom: number;
  terminatedAt?: number;
  /** Base64. */
  userData: string;
  shutdownBehavior: "stop" | "terminate";
  disableApiTermination: boolean;
  disableApiStop: boolean;
  subnetId: string;
  vpcId: string;
  availabilityZone: string;
  securityGroupIds: string[];
  /** Name of the instance profile. */
  profile?: string;
  privateIp: string;
  /** Another one after each start; absent while it does not run. */
  publicIp?: string;
  tags: Record<string, string>;
  tagsInMetadata: boolean;
  /** The last 64 KiB of what the machine printed. */
  console: string;
  /** Credentials of its role. */
  key?: AccessKey & { roleName: string };
}

export interface Parameter {
  name: string;
  type: "String" | "StringList" | "SecureString";
  value: string;
  version: number;
  modifiedAt: number;
  /** The customer's key; absent: the account's default one. */
  keyId?: string;
  tags: Record<string, string>;
}

export interface LogEvent {
  timestamp: number;
  ingestionTime: number;
  message: string;
}

export interface Datum {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  timestamp: number;
  values: number[];
  unit: string;
}

/** Everything the emulated account holds; plain data, so that it can be kept in a file. */
export interface Account {
  /** A key with all permissions, for the operator. */
  operator: AccessKey;
  /** Resources that only exist, by Pulumi type and id. */
  resources: Record<string, Record<string, Properties>>;
  instances: Record<string, Instance>;
  parameters: Record<string, Parameter>;
  /** Log group → stream → events in the order they came. */
  logs: Record<string, Record<string, LogEvent[]>>;
  metrics: Datum[];
}

/** What every part of the emulator works with. */
export interface Cloud {
  account: string;
  region: string;
  clock: Clock;
  host: MachineHost;
  faults: Faults;
  data: Account;
  /** To be called after each change of `data`. */
  changed: () => void;
}

/** An account, kept in a folder where one is given, and found again there. */
export function openAccount(stateDir: string | undefined): {
  data: Account;
  changed: () => void;
  flush: () => void;
} {
  if (stateDir === undefined)
    return { data: emptyAccount(), changed: () => undefined, flush: () => undefined };
  const file = join(stateDir, "aws.json");
  mkdirSync(stateDir, { recursive: true });
  const data = readAccount(file) ?? emptyAccount();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    // It holds SecureStrings and keys: for the owner only. Renamed into place, so that a crash leaves no half of it.
    writeFileSync(`${file}.new`, JSON.stringify(data), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return { data, flush, changed: () => (timer ??= setTimeout(flush, 100).unref()) };
}

function readAccount(file: string): Account | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Account;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} cannot be read: delete the local cloud's folder and start again`, {
      cause: error,
    });
  }
}

function emptyAccount(): Account {
  return {
    operator: { accessKeyId: principalId("AKIA"), secretAccessKey: secret() },
    resources: {},
    instances: {},
    parameters: {},
    logs: {},
    metrics: [],
  };
}
