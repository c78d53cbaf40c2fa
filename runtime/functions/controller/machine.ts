import type { FailedStart } from "../../../contract/failed-starts.ts";
import type { DiskSize } from "../../../contract/prices.ts";

/** A machine as EC2 describes it; what it says of itself is in {@link report} alone. Moments are milliseconds since the epoch. */
export interface ControlledMachine {
  id: string;
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  /** For example `m5.xlarge`: what it is, whatever its fleet has come to since. */
  instanceType: string;
  /** Where it is bound to: a stopped machine starts in its zone or not at all. */
  availabilityZone: string;
  state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  /** When its disk was attached: it was made then. */
  createdAt: number;
  /** When it was last started. */
  launchedAt: number;
  /** When it stopped running, where it does not and EC2 says when: of a machine that powered itself off, it does not. */
  stoppedAt?: number;
  hasPublicAddress: boolean;
  /** Absent: its last start did not fail. */
  failedStart?: FailedStart;
  /** The tag in which the controller remembers failed starts. Absent: there are none to remember. */
  failedStartsTag?: string;
  /** What it last said of itself by its tags. Absent: nothing that can be read. */
  report?: MachineTags;
  /** Its disks. Absent: they are not described. */
  disks?: readonly DiskSize[];
}

/**
 * A machine's own words, which a job with Docker can forge. They may decide
 * when this machine itself is woken, and that a running one is not counted on;
 * money does not rest on them.
 */
export interface MachineTags {
  /** One of contract/tags.ts's machine states. */
  state: string;
  /** When it came to be in that state: the machine ran then. */
  since: number;
  /** Why, in its words; empty where it has none. */
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
