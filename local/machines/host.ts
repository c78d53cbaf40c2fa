import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";
import type { Distribution } from "./distributions.ts";

/**
 * The interface between the emulated EC2 and the processes that play its
 * instances. EC2 decides when an instance starts; the host boots it as a
 * process tree and reports how it went down.
 */

/** How a machine ended its own run. */
export type PowerDown = "poweroff" | "reboot" | "crash";

/** How long a machine's systemd takes. */
export interface SystemdTimes {
  /**
   * How long `shutdown` waits for a delay lock at most, in seconds of the
   * computer; 0: there is no lock. logind waits as long as a lock is held, but at
   * most 5 s, or 30 s where unattended-upgrades is installed. A test releases the
   * lock by removing its file.
   */
  delayLockSeconds: number;
  /** The factor by which a service waits longer before a restart than its unit says (`RestartSec`). */
  restartFactor: number;
}

const systemdShape: Shape<SystemdTimes> = { delayLockSeconds: "number", restartFactor: "number" };

/**
 * Parses the systemd times in a machine's environment.
 *
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function parseSystemdTimes(text: string): SystemdTimes {
  return parseShape<SystemdTimes>(text, systemdShape, {
    subject: "LONGHAUL_SYSTEMD",
    remedy: "The host of the machines sets it: build its programs again.",
  });
}

/** What EC2 and IAM provide to a machine through its metadata service. */
export interface HostedInstance {
  id: string;
  /** As given to RunInstances, with base64 removed: cloud-init decompresses gzip itself. */
  userData: Buffer;
  imageId: string;
  /** The system on its disk when the disk is new. */
  distribution: Distribution;
  instanceType: string;
  architecture: "x86_64" | "arm64";
  region: string;
  availabilityZone: string;
  account: string;
  privateIp: string;
  /** Current tags, read at each request; empty when tags are not in the metadata. */
  tags(): Record<string, string>;
  /** Credentials of the instance profile's role; undefined without a profile. */
  credentials():
    | { roleName: string; accessKeyId: string; secretAccessKey: string; token: string; expiration: Date }
    | undefined;
  /** Receives each line of console output. */
  console(line: string): void;
  /**
   * Called once per run, when every process of the machine has ended. After
   * `reboot` the host boots the machine again on its own.
   */
  onDown(kind: PowerDown): void;
}

export interface MachineHost {
  /** Boots a new or a stopped machine, on the disk of earlier runs of the same id. */
  start(instance: HostedInstance): Promise<void>;
  /**
   * Cuts the machine off at once, as an unlocked StopInstances or
   * TerminateInstances does, or a test. It ends as `crash`.
   */
  kill(instanceId: string): Promise<void>;
  /**
   * Does the same as `kill`, but also empties the files that were written since
   * the machine's last `sync`, within half a minute.
   */
  cutPower(instanceId: string): Promise<void>;
  /**
   * Keeps a copy of a machine's disk, with which a new machine of this image
   * starts. The copy of a running machine contains what a power cut would leave.
   */
  capture(instanceId: string, imageId: string): Promise<void>;
  /** Deletes the disk of a stopped machine. */
  discard(instanceId: string): Promise<void>;
  /** Ends everything; used when the cloud stops. */
  stop(): Promise<void>;
}
