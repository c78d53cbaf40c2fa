import type { Failure } from "../../../contract/failure.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import type { FleetSettings } from "../../../contract/desired.ts";
import type { Disk, ControlledMachine } from "./machine.ts";

/** Everything that a decision rests on. What could not be read prevents only the decisions that need it. */
export interface Sighting {
  /** Milliseconds since the epoch. */
  now: number;
  /** By fleet; a setting that could not be read is undefined. */
  settings: Readonly<Record<string, FleetSettings>>;
  /** Undefined: machines could not be read. Then nothing is started, and the meter does not go on. */
  machines: readonly ControlledMachine[] | undefined;
  /** Disks of the environment that are attached to no machine. Undefined: disks or machines could not be read. */
  strayDisks: readonly Disk[] | undefined;
  /** An error for each read that failed. Its sentence says which, what that costs, and why. */
  problems: readonly Failure[];
  /**
   * The table of waiting jobs, including expired ones; empty where jobs wake no machines. Undefined: it could not be
   * read, so no machine is woken for jobs.
   */
  jobs: readonly WaitingJob[] | undefined;
  /** Undefined: it could not be read, so the costs are not known. `none`: there is no record to continue. */
  meter: MeterRecord | "none" | undefined;
}
