import type { JobEvent } from "./job-events.ts";

/** A job whose message the listener has received and whose end it has not told. Times are ISO 8601. */
export interface OpenJob {
  receivedAt: string;
  /** Null until the listener has announced it. */
  startedAt: string | null;
}

export interface EndedJob extends OpenJob {
  endedAt: string;
  /** As the listener prints it; `Abandoned` when it became free without saying; `Lost` when it went away. */
  result: string;
  /** Its worker was told to end it because it had run for too long. */
  overdue?: true;
}

/** What is known of the listener's present run. */
export interface ListenerState {
  /** The session with GitHub is there. */
  listening: boolean;
  /** GitHub no longer knows the registration. */
  registrationGone: boolean;
  /** Of the runner software; empty until it has been told. */
  version: string;
  /** The oldest first. A second one can only be a message that arrives in the last moments of the first. */
  open: readonly OpenJob[];
}

export const freshListener: ListenerState = {
  listening: false,
  registrationGone: false,
  version: "",
  open: [],
};

/**
 * Takes one event in. A job begins with its message, long before a worker
 * shows, because from then on it would be lost with the listener.
 */
export function advance(state: ListenerState, event: JobEvent): { state: ListenerState; ended?: EndedJob } {
  const { open } = state;
  const waiting = open.find(({ startedAt }) => startedAt === null);
  const running = open.find(({ startedAt }) => startedAt !== null);
  switch (event.kind) {
    case "session-created":
      return { state: { ...state, listening: true } };
    case "version":
      return { state: { ...state, version: event.version } };
    case "registration-gone":
      return { state: { ...state, registrationGone: true } };
    case "received":
      return { state: { ...state, open: [...open, { receivedAt: event.at, startedAt: null }] } };
    case "not-acquired":
      return { state: without(state, waiting) };
    case "running": {
      const job = { receivedAt: waiting?.receivedAt ?? event.at, startedAt: event.at };
      return { state: { ...state, open: [job, ...without(state, waiting).open] } };
    }
    case "ended": {
      const job = running ?? (event.result === undefined ? undefined : waiting);
      if (!job) return { state };
      return {
        state: without(state, job),
        ended: { ...job, endedAt: event.at, result: event.result ?? "Abandoned" },
      };
    }
  }
}

/**
 * The listener and its worker are gone. A job that had begun is lost; GitHub
 * hands one that had not to another runner.
 */
export function lose(state: ListenerState, at: string): EndedJob[] {
  return state.open
    .filter(({ startedAt }) => startedAt !== null)
    .map((job) => ({ ...job, endedAt: at, result: "Lost" }));
}

function without(state: ListenerState, job: OpenJob | undefined): ListenerState {
  return { ...state, open: state.open.filter((other) => other !== job) };
}
