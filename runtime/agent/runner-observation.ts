import type { Power } from "../../contract/parameters.ts";
import type { Listing } from "../../contract/desired.ts";
import type { AfterExit } from "./exit-codes.ts";

/** Everything that a decision rests on. Durations and moments are milliseconds of the monotonic clock. */
export interface RunnerObservation {
  now: number;
  /** Undefined: no listener runs. A frozen one (`SIGSTOP`) can accept nothing. */
  listener: { listening: boolean; frozen: boolean } | undefined;
  /** A worker process runs, possibly one whose listener has died. */
  worker: boolean;
  /** When that process began, and so its job; undefined: none runs, it is ending, or the time is not known. */
  workerAt: number | undefined;
  /** When that process was told to end its job; undefined: it was not, or another agent told it. */
  toldToEndAt: number | undefined;
  /** The runner's own update script runs. */
  updating: boolean;
  /** A job's message has been received, and its end has not been logged. */
  job: boolean;
  /** The listener's last activity: its start, a session, a message, a job's beginning or end, a worker. */
  lastActivityAt: number;
  /** Processes and sockets of the listener that may mean a job on its way, or why that is not known; undefined: none. */
  pendingJobEvidence: string | undefined;
  /** When a listener ended that had received a job and not begun it; undefined: none has. */
  missedAt: number | undefined;
  /** What the last exit of the listener asks for, and when that was. */
  exit: { at: number; after: AfterExit } | undefined;
  /** Consecutive refusals of the version by GitHub; 0 once a listener has run for a while. */
  refusals: number;
  /** As in {@link ConnectionView}. */
  disconnectedAt: number | undefined;
  reachableAt: number | undefined;
  /** The runner's registration is on the disk. */
  registered: boolean;
  /** The machine's place on its fleet's lists, from the last time they could be read. */
  listing: Listing;
  /** It has been on a list at some time, or the whole fleet is closing. */
  mayRetire: boolean;
  /** Undefined: never read since the agent started. */
  power: { power: Power; by: string; reason: string } | undefined;
  /** It does not sleep before this by its idle timeout while power is on, or by an override. The budget does not wait. */
  sleepAt: number;
  /** How long its job may run; undefined: there is no limit, or it was never read. */
  jobLimit: JobLimit | undefined;
  /** How long the listener must have been quiet before the machine leaves. */
  quietMs: number;
  /** The timer that powers off a machine whose agent does not start. */
  bootTimer: "armed" | "cancelled";
}

/** How long a job may run. */
export interface JobLimit {
  /** `autoShutdown.maxJobHours`. */
  hours: number;
  /** An overdue job is ended. Otherwise people are notified, and nothing else happens. */
  enforce: boolean;
}
