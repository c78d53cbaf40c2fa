import type { Failure } from "../../../contract/failure.ts";
import type { MeterRecord } from "../../../contract/meter.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import type { FleetSettings } from "../../../contract/desired.ts";
import type { Disk, ControlledMachine } from "./machine.ts";

/** All that a decision rests on. What could not be read costs what rests on it, and nothing else. */
export interface Sighting {
  /** Milliseconds since the epoch. */
  now: number;
  /** By fleet; what could not be read is undefined in them. */
  settings: Readonly<Record<string, FleetSettings>>;
  /** Undefined: they could not be read, all of them. Nothing is started then, and the meter stands still. */
  machines: readonly ControlledMachine[] | undefined;
  /** Disks of the environment that no machine has. Undefined: disks or machines could not be read. */
  strayDisks: readonly Disk[] | undefined;
  /** An error for each thing that could not be read. Its sentence says what it is, what that costs, and why. */
  problems: readonly Failure[];
  /**
   * The table of waiting jobs, expired ones among them; empty where nobody is woken for jobs. Undefined: it could not be
   * read, and nobody is woken for them.
   */
  jobs: readonly WaitingJob[] | undefined;
  /** Undefined: it could not be read, which says nothing of what was spent. `none`: there is no record to go on from. */
  meter: MeterRecord | "none" | undefined;
}
