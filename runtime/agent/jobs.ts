import type { JobEndCause } from "../../contract/ledger.ts";
import type { JobEvent } from "./job-events.ts";

/** A job with a received message and no recorded end. Times are ISO 8601. */
export interface OpenJob {
  receivedAt: string;
  /** GitHub's id; null until the listener has acquired the job. */
  id: string | null;
  /** Null until the listener has begun it. */
  startedAt: string | null;
  /** Process id of its worker; null before there is one. */
  worker: number | null;
  /** Why it is about to end, if that is known. */
  cause?: JobEndCause;
}

/** A job that is over, by the listener's output or by what is left of it. */
export interface EndedJob extends OpenJob {
  id: string;
  endedAt: string;
  /** As in {@link "../../contract/ledger".LedgerRecord.result}. */
  result: string;
}

/** What is known of the listener's present run. */
export interface ListenerState {
  /** There is a session with GitHub. */
  listening: boolean;
  /** The listener has reported that GitHub no longer knows its registration. Alone that proves nothing: see {@link isRegistrationGone}. */
  registrationGone: boolean;
  /** Version of the runner software; empty until the listener has reported it. */
  version: string;
  /** Failed polls since the last message: the runner's own count, which successful polls do not reset. */
  pollErrors: number;
  /** GitHub has refused the last poll, and it was not tried again. */
  pollRefused: boolean;
  /** The oldest first. A second one can only be a message that arrives in the last moments of the first. */
  open: readonly OpenJob[];
}

export const freshListener: ListenerState = {
  listening: false,
  registrationGone: false,
  version: "",
  pollErrors: 0,
  pollRefused: false,
  open: [],
};

/** Failed polls in one wait for a message that end the listener and its job (`GetNextMessageAsync`, maxRetryCount). */
export const maxPollErrors = 10;

/** The changes by an event. */
export interface Change {
  state: ListenerState;
  ended?: EndedJob;
}

/**
 * Applies one event. A job begins with its message, long before there is a
 * worker, because from then on it would be lost with the listener.
 */
export function advance(state: ListenerState, event: JobEvent): Change {
  const { open } = state;
  switch (event.kind) {
    case "session-created":
      return { state: { ...state, listening: true } };
    case "version":
      return { state: { ...state, version: event.version } };
    case "registration-gone":
      return { state: { ...state, registrationGone: true } };
    case "poll-error":
      return { state: { ...state, pollErrors: state.pollErrors + 1, pollRefused: false } };
    case "poll-refused":
      return { state: { ...state, pollRefused: true } };
    case "poll-retried":
      return { state: { ...state, pollRefused: false } };
    case "session-replaced":
      return { state: { ...state, pollErrors: Math.max(0, state.pollErrors - 1) } };
    case "received": {
      const job = { receivedAt: event.at, id: null, startedAt: null, worker: null };
      return { state: { ...state, open: [...open, job] } };
    }
    case "not-acquired":
      return { state: afterMessage(without(state, open.find(isUnnamed))) };
    case "acquired":
      return { state: afterMessage(known(state, event)) };
    case "running":
      return { state: changed(known(state, event), event.id, { startedAt: event.at }) };
    case "worker":
      return { state: changed(state, event.id, { worker: event.pid ?? null }) };
    case "ending": {
      const next = event.cause === "cancelled" ? afterMessage(state) : state;
      const job = open.find(({ id }) => id === event.id);
      const cause = job?.cause ?? (event.cause === "listener-ended" ? whyItEnds(state) : event.cause);
      return { state: changed(next, event.id, { cause }) };
    }
    case "ended": {
      const job = open.find(({ id }) => id === event.id);
      return job ? end(state, job, event.at, event.result) : { state };
    }
    case "free": {
      // The name of a left-over process can forge this line, and a worker prints it. So a job with a worker ends only by
      // the dispatcher's line; this line ends a job that was cancelled or given up before it had one.
      const job = open.find(({ startedAt, worker }) => startedAt !== null && worker === null);
      return job ? end(state, job, event.at, job.cause ? "Canceled" : "Abandoned") : { state };
    }
  }
}

/** Records why the running job is about to end, unless that is known. */
export function giveCause(state: ListenerState, cause: JobEndCause): ListenerState {
  const open = state.open.map((job) =>
    job.startedAt === null ? job : { ...job, cause: job.cause ?? cause },
  );
  return { ...state, open };
}

/**
 * The jobs that are lost when listener and worker go away: those that have
 * begun. GitHub assigns a job that has not begun to another runner.
 */
export function begunJobs({ open }: ListenerState): (OpenJob & { id: string })[] {
  return open.filter((job): job is OpenJob & { id: string } => job.startedAt !== null && job.id !== null);
}

/** The signs between two states: of work (a session or a job), and of a job. */
export function signsBetween(before: ListenerState, after: ListenerState): { work: boolean; job: boolean } {
  const job = after.open !== before.open;
  return { work: job || after.listening !== before.listening, job };
}

/**
 * True if GitHub no longer knows the registration. The disk shows it if the
 * listener has removed its files. A listener that is refused at its start leaves
 * them. Then its log line counts, together with the matching exit code, and only
 * of a run without a session: a run with one could have had a job whose output
 * looks the same.
 */
export function isRegistrationGone(state: ListenerState, code: number | undefined, onDisk: boolean): boolean {
  return !onDisk || (state.registrationGone && code === 1 && !state.listening);
}

function end(state: ListenerState, job: OpenJob, endedAt: string, result: string): Change {
  const ended = { ...job, id: job.id!, endedAt, result };
  if (result === "Abandoned") ended.cause ??= "lock-lost";
  return { state: without(state, job), ended };
}

/** Makes sure that the job exists: as the oldest message without an id, or as a new job if its message was not seen. */
function known(state: ListenerState, { id, at }: { id: string; at: string }): ListenerState {
  if (state.open.some((job) => job.id === id)) return state;
  const unnamed = state.open.find(isUnnamed);
  if (!unnamed) {
    return { ...state, open: [...state.open, { receivedAt: at, id, startedAt: null, worker: null }] };
  }
  return { ...state, open: state.open.map((job) => (job === unnamed ? { ...job, id } : job)) };
}

function isUnnamed({ id }: OpenJob): boolean {
  return id === null;
}

function changed(state: ListenerState, id: string, change: Partial<OpenJob>): ListenerState {
  return { ...state, open: state.open.map((job) => (job.id === id ? { ...job, ...change } : job)) };
}

/** A message ends the wait in which the runner counts errors. */
function afterMessage(state: ListenerState): ListenerState {
  return { ...state, pollErrors: 0 };
}

/** Why a listener ends and shuts down its job. */
function whyItEnds({ pollErrors, pollRefused, registrationGone }: ListenerState): JobEndCause {
  if (registrationGone) return "registration-gone";
  if (pollRefused) return "version-refused";
  return pollErrors >= maxPollErrors ? "poll-errors" : "listener-ended";
}

function without(state: ListenerState, job: OpenJob | undefined): ListenerState {
  return { ...state, open: state.open.filter((other) => other !== job) };
}
