import type { FailedStart } from "../contract/failed-starts.ts";
import type { InstanceState } from "../contract/instance-state.ts";
import type { MachineReport } from "../contract/machine-report.ts";

/** An instance as EC2 describes it. */
export interface Instance {
  id: string;
  state: InstanceState;
  /** EC2's state reason; empty if EC2 gives none. */
  stateReason: string;
  /** Absent: its last start did not fail. */
  failedStart?: FailedStart;
  imageId: string;
  /** When it was last started. ISO 8601 in UTC, as all times here. */
  launchedAt: string;
  /**
   * When it was made: its root volume was attached then. If no volume is
   * described (just launched, or terminated), the last start.
   */
  createdAt: string;
  tags: Readonly<Record<string, string>>;
}

/** A runner's entry at GitHub. */
export interface RunnerEntry {
  id: number;
  /** For a machine of Longhaul: `<runner>-<instance id>`. */
  name: string;
  online: boolean;
  /** For people only. It lags by up to a minute and has been seen to be wrong, so no decision may rest on it. */
  busy: boolean;
  /** Labels that GitHub added by itself; they cannot be changed. */
  systemLabels: readonly string[];
  /** All other labels. */
  customLabels: readonly string[];
}

/** A machine as EC2, GitHub and its own report describe it. */
export interface ObservedMachine {
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  instanceId: string;
  /** The machine's name at GitHub. */
  name: string;
  /** `unknown`: EC2 does not describe it, perhaps because it is very new. It does not mean that it is gone. */
  instanceState: InstanceState | "unknown";
  /** EC2's state reason; empty if EC2 gives none. */
  stateReason: string;
  /** As of {@link Instance}. */
  failedStart?: FailedStart;
  /** All three as in {@link Instance}; absent if EC2 does not describe the machine. */
  imageId?: string;
  launchedAt?: string;
  createdAt?: string;
  /** The runner's generation that the machine was made for, if its tag says so. */
  generation?: number;
  /** Absent before the machine's first report. */
  report?: MachineReport;
  /** Absent if it is not registered, or if GitHub was not asked. */
  entry?: RunnerEntry;
}
