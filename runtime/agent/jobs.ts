import type { JobEvent } from "./job-events.ts";

/** A job whose message the listener has received and whose end it has not told. Times are ISO 8601. */
export interface OpenJob {
  receivedAt: string;
  /** Null until the listener has announced it. */
  startedAt: string | null;
  name: string | null;
}

export interface EndedJob extends OpenJob {
  endedAt: string;
  /** As the listener prints it; `Abandoned` when it became free without saying; `Lost` when it went away. */
  result: string;
}

/** What is known of the listener's present run. */
export interface ListenerState {
  /** The session with GitHub is there. */
  listening: boolean;
  /** GitHub no longer knows the registration. */
  registrationGone: boolean;
  /** The oldest first. More than one only when a message arrives in another's last moments. */
  open: readonly OpenJob[];
}

export const freshListener: ListenerState = { listening: false, registrationGone: false, open: [] };

/**
 * Takes one event in. A job begins with its message, long before a worker
 * shows, because from then on it would be lost with the listener.
 */
export function advance(state: ListenerState, event: JobEvent): { state: ListenerState; ended?: EndedJob } {
  const { open } = state;
  switch (event.kind) {
    case "session-created":
      return { state: { ...state, listening: true } };
    case "registration-gone":
      return { state: { ...state, registrationGone: true } };
    case "received":
      return { state: { ...state, open: [...open, { receivedAt: event.at, startedAt: null, name: null }] } };
    case "not-acquired": {
      const waiting = open.find(({ startedAt }) => startedAt === null);
      return { state: { ...state, open: open.filter((job) => job !== waiting) } };
    }
    case "running": {
      const { name, at } = event;
      const waiting = open.find(({ startedAt }) => startedAt === null);
      const job = { receivedAt: waiting?.receivedAt ?? at, startedAt: at, name };
      return { state: { ...state, open: [...open.filter((other) => other !== waiting), job] } };
    }
    case "completed":
      return end(state, open.find(({ name }) => name === event.name) ?? open[0], event.at, event.result);
    case "free":
      return end(
        state,
        open.find(({ startedAt }) => startedAt !== null),
        event.at,
        "Abandoned",
      );
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

function end(state: ListenerState, job: OpenJob | undefined, endedAt: string, result: string) {
  if (!job) return { state };
  return {
    state: { ...state, open: state.open.filter((other) => other !== job) },
    ended: { ...job, endedAt, result },
  };
}
