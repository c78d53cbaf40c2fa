import type { FailedStart } from "../../../contract/failed-starts.ts";
import type { InstanceState } from "../../../contract/instance-state.ts";
import type { DiskSize } from "../../../contract/prices.ts";

/** A machine as EC2 describes it; only {@link report} is from the machine itself. Moments are milliseconds since the epoch. */
export interface ControlledMachine {
  id: string;
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  /** For example `m5.xlarge`: its own type, whatever the type of its fleet is by now. */
  instanceType: string;
  /** A stopped machine can start in this zone only. */
  availabilityZone: string;
  state: InstanceState;
  /** When it was made: its disk was attached then. */
  createdAt: number;
  /** When it was last started. */
  launchedAt: number;
  /** When it stopped running, if EC2 says so. It does not for a machine that powered itself off. */
  stoppedAt?: number;
  hasPublicAddress: boolean;
  /** Absent: its last start did not fail. */
  failedStart?: FailedStart;
  /** The value of the tag in which the controller counts failed starts. Absent: there are none. */
  failedStartsTag?: string;
  /** Its last report, by its tags. Absent: none that can be read. */
  report?: MachineTags;
  /** Absent: its disks are not described. */
  disks?: readonly DiskSize[];
}

/**
 * A machine's own report, which a job with Docker can forge. It may decide when
 * this machine itself is woken, and that a running one does not count as
 * capacity. Money does not rest on it.
 */
export interface MachineTags {
  /** One of contract/tags.ts's machine states. */
  state: string;
  /** When it entered that state: it ran at that moment. */
  since: number;
  /** The reason, in its words; empty if it gives none. */
  detail: string;
}

/** A disk as EC2 describes it. */
export interface Disk {
  id: string;
  fleet: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Absent: EC2 does not say. */
  size?: DiskSize;
}
