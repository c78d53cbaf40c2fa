import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";
import type { Distribution } from "./distributions.ts";

/**
 * The border between the emulated EC2 and the processes that play its
 * instances. EC2 decides when an instance starts; the host boots it as a
 * process tree and tells how it went down.
 */

/** How a machine ended its own run. */
export type PowerDown = "poweroff" | "reboot" | "crash";

/** How long a machine's systemd takes. */
export interface SystemdTimes {
  /**
   * How long `shutdown` waits for a delay lock at most, in seconds of the computer; 0: nobody has taken one. logind waits
   * as long as somebody holds one, 5 s at most, and 30 s where unattended-upgrades is installed. A test gives the lock up
   * by removing its file.
   */
  delayLockSeconds: number;
  /** How many times longer than its unit says (`RestartSec`) a service waits before it is started again. */
  restartFactor: number;
}

const systemdShape: Shape<SystemdTimes> = { delayLockSeconds: "number", restartFactor: "number" };

/** @throws {Failure} naming each value that is missing or of another kind */
export function parseSystemdTimes(text: string): SystemdTimes {
  return parseShape<SystemdTimes>(text, systemdShape, {
    subject: "LONGHAUL_SYSTEMD",
    remedy: "The host of the machines sets it: build its programs anew.",
  });
}

/** What EC2 and IAM tell a machine through its metadata service. */
export interface HostedInstance {
  id: string;
  /** As given to RunInstances, after base64: cloud-init decompresses gzip itself. */
  userData: Buffer;
  imageId: string;
  /** What its disk holds when it is new. */
  distribution: Distribution;
  instanceType: string;
  architecture: "x86_64" | "arm64";
  region: string;
  availabilityZone: string;
  account: string;
  privateIp: string;
  /** Present tags, asked for at each request; empty when tags are not in the metadata. */
  tags(): Record<string, string>;
  /** Credentials of the instance profile's role; undefined without a profile. */
  credentials():
    | { roleName: string; accessKeyId: string; secretAccessKey: string; token: string; expiration: Date }
    | undefined;
  /** One line of console output. */
  console(line: string): void;
  /** Called once per run, when every process of the machine is gone. After `reboot` the host boots it again by itself. */
  onDown(kind: PowerDown): void;
}

export interface MachineHost {
  /** Boots a new or a stopped machine. The disk of an earlier run of the same id is found again. */
  start(instance: HostedInstance): Promise<void>;
  /** Pulls the plug: what an unlocked StopInstances or TerminateInstances, or a test, does. Ends as `crash`. */
  kill(instanceId: string): Promise<void>;
  /** The same, and what was written since the machine's last `sync`, within half a minute, is empty on its disk. */
  cutPower(instanceId: string): Promise<void>;
  /**
   * Keeps a copy of a machine's disk: a new machine of this image starts with it. Of one that runs, what a cut of its
   * power would leave.
   */
  capture(instanceId: string, imageId: string): Promise<void>;
  /** Deletes the disk of a machine that is down. */
  discard(instanceId: string): Promise<void>;
  /** Ends everything; used when the cloud stops. */
  stop(): Promise<void>;
}
