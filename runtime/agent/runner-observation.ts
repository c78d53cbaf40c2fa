import type { Power } from "../../contract/parameters.ts";
import type { Listing } from "../../contract/desired.ts";
import type { AfterExit } from "./exit-codes.ts";

/** All that a decision rests on. Durations and moments are milliseconds of the monotonic clock. */
export interface RunnerObservation {
  now: number;
  /** Undefined: no listener runs. A frozen one (`SIGSTOP`) can accept nothing. */
  listener: { listening: boolean; frozen: boolean } | undefined;
  /** A worker process runs, even one whose listener has died. */
  worker: boolean;
  /** When that process began, and so its job; undefined: none runs, it is ending, or the kernel does not tell. */
  workerAt: number | undefined;
  /** When that very process was told to end its job; undefined: it was not, or another agent did. */
  toldToEndAt: number | undefined;
  /** The runner's own update script runs. */
  updating: boolean;
  /** A job's message has been received and its end has not been told. */
  job: boolean;
  /** When the listener last gave a sign of work: its start, a session, a message, a job's beginning or end, a worker. */
  lastActivityAt: number;
  /** What of the listener's processes and sockets may be a job on its way, or why that is not known; undefined: all is clear. */
  pendingJobEvidence: string | undefined;
  /** When a listener ended that had received a job which had not begun; undefined: none has. */
  missedAt: number | undefined;
  /** What the last exit of the listener asks for, and when it was. */
  exit: { at: number; after: AfterExit } | undefined;
  /** How often in a row GitHub has refused the version; 0 once a listener has run for a while. */
  refusals: number;
  /** As in {@link ConnectionView}. */
  disconnectedAt: number | undefined;
  reachableAt: number | undefined;
  /** The runner's registration is on the disk. */
  registered: boolean;
  /** The machine's place on its fleet's lists, from the last time they could be read. */
  listing: Listing;
  /** It has been on a list at some time, or the whole fleet closes. */
  mayRetire: boolean;
  /** Undefined: never read since the agent started. */
  power: { power: Power; by: string; reason: string } | undefined;
  /** Not before this does it sleep, unless the budget wants it to: with power on, for want of jobs. */
  sleepAt: number;
  /** How long its job may run; undefined: for any time, or that was never read. */
  jobLimit: JobLimit | undefined;
  /** How long it must have been quiet before it leaves. */
  quietMs: number;
  /** The timer that powers off a machine whose agent does not come up. */
  bootTimer: "armed" | "cancelled";
}

/** How long a job may run. */
export interface JobLimit {
  /** `autoShutdown.maxJobHours`. */
  hours: number;
  /** An overdue job is ended; otherwise people are told of it, and nothing else happens. */
  enforce: boolean;
}
