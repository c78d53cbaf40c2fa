import type { JobEndCause } from "../../contract/ledger.ts";
import type { JobEvent } from "./job-events.ts";

/** A job whose message the listener has received and whose end it has not told. Times are ISO 8601. */
export interface OpenJob {
  receivedAt: string;
  /** GitHub's id of it; null until the listener has acquired it. */
  id: string | null;
  /** Null until the listener has begun with it. */
  startedAt: string | null;
  /** Process id of its worker; null before there is one. */
  worker: number | null;
  /** Why it is about to end, where that is known. */
  cause?: JobEndCause;
}

/** A job that is over, told by the listener or by what is left of it. */
export interface EndedJob extends OpenJob {
  id: string;
  endedAt: string;
  /** As in {@link "../../contract/ledger".LedgerRecord.result}. */
  result: string;
}

/** What is known of the listener's present run. */
export interface ListenerState {
  /** The session with GitHub is there. */
  listening: boolean;
  /** The listener has said that GitHub no longer knows its registration. That alone proves nothing: see {@link isRegistrationGone}. */
  registrationGone: boolean;
  /** Of the runner software; empty until it has been told. */
  version: string;
  /** Failed polls since the last message: the runner's own count, which good polls do not set back. */
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

/** So many failed polls in one wait for a message end the listener and its job (`GetNextMessageAsync`, maxRetryCount). */
export const maxPollErrors = 10;

/** What an event changes. */
export interface Change {
  state: ListenerState;
  ended?: EndedJob;
}

/**
 * Takes one event in. A job begins with its message, long before a worker
 * shows, because from then on it would be lost with the listener.
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
      // The name of a left-over process can forge this line, and a worker prints it. The end of a job that has one is the
      // dispatcher's to tell; what this is for is a job that was cancelled or given up before.
      const job = open.find(({ startedAt, worker }) => startedAt !== null && worker === null);
      return job ? end(state, job, event.at, job.cause ? "Canceled" : "Abandoned") : { state };
    }
  }
}

/** Notes why the job that runs is about to end, unless that is known. */
export function giveCause(state: ListenerState, cause: JobEndCause): ListenerState {
  const open = state.open.map((job) =>
    job.startedAt === null ? job : { ...job, cause: job.cause ?? cause },
  );
  return { ...state, open };
}

/**
 * The jobs that were lost when listener and worker went away: those that had
 * begun. GitHub hands one that had not to another runner.
 */
export function begunJobs({ open }: ListenerState): (OpenJob & { id: string })[] {
  return open.filter((job): job is OpenJob & { id: string } => job.startedAt !== null && job.id !== null);
}

/** What was a sign between two states: of work, in a session or a job, and of a job. */
export function signsBetween(before: ListenerState, after: ListenerState): { work: boolean; job: boolean } {
  const job = after.open !== before.open;
  return { work: job || after.listening !== before.listening, job };
}

/**
 * Whether GitHub no longer knows the registration. The disk says so where the
 * listener has removed its files. It leaves them where it was refused at the
 * very start: then its word counts, together with the exit that goes with it,
 * and only of a run that never had a session, and so no job whose output could
 * have said the same.
 */
export function isRegistrationGone(state: ListenerState, code: number | undefined, onDisk: boolean): boolean {
  return !onDisk || (state.registrationGone && code === 1 && !state.listening);
}

function end(state: ListenerState, job: OpenJob, endedAt: string, result: string): Change {
  const ended = { ...job, id: job.id!, endedAt, result };
  if (result === "Abandoned") ended.cause ??= "lock-lost";
  return { state: without(state, job), ended };
}

/** Makes sure that the job is there: as the oldest message that has no name yet, or, where that was never seen, as another. */
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

/** Why a listener ends that shuts its job down. */
function whyItEnds({ pollErrors, pollRefused, registrationGone }: ListenerState): JobEndCause {
  if (registrationGone) return "registration-gone";
  if (pollRefused) return "version-refused";
  return pollErrors >= maxPollErrors ? "poll-errors" : "listener-ended";
}

function without(state: ListenerState, job: OpenJob | undefined): ListenerState {
  return { ...state, open: state.open.filter((other) => other !== job) };
}
