import type { Clock } from "../clock.ts";
import type { MachineHost } from "../machines/host.ts";
import type { Properties } from "../provider.ts";
import type { Item } from "./dynamodb-expressions.ts";
import type { Faults } from "./faults.ts";
import { principalId, secret } from "./ids.ts";

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Only temporary credentials have one. */
  token?: string;
}

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** A volume's size and speed, as DescribeVolumes reports them. */
export interface Volume {
  /** GiB. */
  size: number;
  volumeType: string;
  iops: number;
  /** MiB/s. */
  throughput: number;
  /** ARN of the customer's key under which it is encrypted. Absent: AWS's own key. */
  kmsKeyId?: string;
}

export interface Instance {
  id: string;
  imageId: string;
  instanceType: string;
  /** For a type with CPU credits: with `unlimited`, use above the credits is billed. */
  cpuCredits?: string;
  /** Its volume as it was requested. Absent: the request said nothing about it. */
  disk?: Volume;
  architecture: "x86_64" | "arm64";
  state: InstanceState;
  /** Why it is in this state, unless it is simply running. */
  stateReason?: { code: string; message: string };
  /** When it was made. Milliseconds since the epoch, as all times here. */
  createdAt: number;
  /** When it was last started. */
  launchedAt: number;
  /** From when on DescribeInstances reports it. */
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
  /** A different one after each start; absent while the instance does not run. */
  publicIp?: string;
  tags: Record<string, string>;
  /** Tags of its one volume. */
  volumeTags: Record<string, string>;
  tagsInMetadata: boolean;
  /** The last 64 KiB of what the machine printed. */
  console: string;
  /** Credentials of its role. */
  key?: AccessKey & { roleName: string };
}

/** An image that was made from an instance. */
export interface OwnImage {
  name: string;
  architecture: "x86_64" | "arm64";
  createdAt: number;
}

export interface Parameter extends ParameterVersion {
  name: string;
  type: "String" | "StringList" | "SecureString";
  tags: Record<string, string>;
  /** Overwritten versions, oldest first. Absent: there are none. */
  earlier?: ParameterVersion[];
}

/** What each write of a parameter sets. */
export interface ParameterVersion {
  value: string;
  /** Counted from 1. */
  version: number;
  modifiedAt: number;
  /** The customer's key. Absent: the account's default key. */
  keyId?: string;
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

/** A message of a queue. */
export interface StoredMessage {
  id: string;
  body: string;
  /** Milliseconds of the cloud's clock. */
  sentAt: number;
  /** Real milliseconds from which on it can be received. */
  visibleFromMs: number;
  /** How often it was received. */
  receives: number;
  /** The last receiver's handle for deleting it. */
  handle?: string;
}

/** A mail that the cloud would have sent. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** Milliseconds of the cloud's clock. */
  sentAt: number;
}

/** Everything the emulated account holds. */
export interface Account {
  /** A key with all permissions, for the operator. */
  operator: AccessKey;
  /** Resources that are only stored, by Pulumi type and id. */
  resources: Record<string, Record<string, Properties>>;
  instances: Record<string, Instance>;
  /** Instance type → the zones that offer it, where that differs from the zones' default offers. */
  offerings: Record<string, string[]>;
  /** Keys of tags that every new resource must have. */
  demandedTags: string[];
  /** Images that were made from instances, by id. */
  images: Record<string, OwnImage>;
  parameters: Record<string, Parameter>;
  /** Log group → stream → events in the order they came. */
  logs: Record<string, Record<string, LogEvent[]>>;
  metrics: Datum[];
  /** Credentials of functions' roles, by the function's name. */
  functions: Record<string, AccessKey & { roleName: string; token: string }>;
  /** Table → key → item. */
  tables: Record<string, Record<string, Item>>;
  /** Queue → messages in the order they came. */
  queues: Record<string, StoredMessage[]>;
  /** Mail that was sent, the oldest first. */
  mail: Mail[];
  /** Alarm → its state, from its first evaluation on. */
  alarms: Record<string, "OK" | "ALARM">;
  /** Role → ARNs of the managed policies that are attached to it. */
  attachedPolicies: Record<string, string[]>;
  /** Budget → AWS's figures of the month, in US dollars. */
  bills: Record<string, { actual: number; forecast: number }>;
  /** Budget → notifications with a threshold that its figures exceed. */
  budgetMails: Record<string, string[]>;
  /** Budget action → its status, where that is not `STANDBY`. */
  budgetActions: Record<string, string>;
}

/** The state and collaborators that every part of the emulator uses. */
export interface Cloud {
  account: string;
  region: string;
  /** ARN of the customer's key under which disks are encrypted by default. Absent: AWS's own key. */
  defaultDiskKey?: string;
  clock: Clock;
  host: MachineHost;
  faults: Faults;
  data: Account;
  /** Receives a line for each mail to people. */
  onMail?: (line: string) => void;
  /** Takes the stack of a fault of the emulator. */
  log: (text: string) => void;
}

export function emptyAccount(): Account {
  return {
    operator: { accessKeyId: principalId("AKIA"), secretAccessKey: secret() },
    resources: {},
    instances: {},
    offerings: {},
    demandedTags: [],
    images: {},
    parameters: {},
    logs: {},
    metrics: [],
    functions: {},
    tables: {},
    queues: {},
    mail: [],
    alarms: {},
    attachedPolicies: {},
    bills: {},
    budgetMails: {},
    budgetActions: {},
  };
}
