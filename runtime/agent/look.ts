import type { ConnectionView } from "./connection-watch.ts";
import type { Decision } from "./decide.ts";
import type { FleetView } from "./fleet-memory.ts";
import type { ListenerMemory } from "./listener-memory.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import type { SeenWorker } from "./seen-worker.ts";
import type { SleepTime } from "./sleep-time.ts";

/** What an agent remembers between looks, besides its listener and its fleet. Moments as in {@link RunnerObservation}. */
export interface AgentMemory extends Pick<RunnerObservation, "bootTimer"> {
  /** When the machine was last used, as of the last look. */
  lastUsedAt: number;
  /** When it may ask for a registration token again. */
  tokenDueAt: number;
  /** When it may try to leave again, and how often in a row EC2 has refused that. */
  leavingDueAt: number;
  refusals: number;
}

/** What a look saw of the listener and its jobs. */
export type ListenerSighting = Omit<
  RunnerObservation,
  "now" | "sleepAt" | "quietMs" | "bootTimer" | keyof FleetView
> &
  Pick<AgentMemory, "lastUsedAt">;

/** What a look finds of the listener in its files, processes and sockets. */
export interface ListenerFindings extends Pick<
  RunnerObservation,
  "listener" | "worker" | "updating" | "job" | "pendingJobEvidence" | "registered"
> {
  seenWorker: Pick<SeenWorker, "startedAt" | "toldToEndAt"> | undefined;
  connection: ConnectionView;
}

/** Combines the findings with what is remembered. It is written out for the same reason as {@link observationOf}. */
export function sightingOf(memory: ListenerMemory, found: ListenerFindings): ListenerSighting {
  return {
    listener: found.listener,
    worker: found.worker,
    workerAt: found.seenWorker?.startedAt,
    toldToEndAt: found.seenWorker?.toldToEndAt,
    updating: found.updating,
    job: found.job,
    lastActivityAt: memory.lastActivityAt,
    lastUsedAt: memory.lastUsedAt,
    pendingJobEvidence: found.pendingJobEvidence,
    missedAt: memory.missedAt,
    exit: memory.exit,
    refusals: memory.refusals,
    disconnectedAt: found.connection.disconnectedAt,
    reachableAt: found.connection.reachableAt,
    registered: found.registered,
  };
}

/** The input of a look, besides what was observed. */
export interface LookTerms {
  sleepTime: SleepTime;
  quietMs: number;
  decide: (seen: RunnerObservation) => Decision;
}

/** The result of a look. */
export interface Look {
  memory: AgentMemory;
  seen: RunnerObservation;
  decision: Decision;
  /** The decision's action must not be done before this; a moment that is not in the future means that it is due. */
  dueAt: number;
  /** Milliseconds until the next look. */
  nextMs: number;
}

/** Milliseconds between two looks at the runner. */
export const lookEveryMs = 1000;
/** Milliseconds until the next look while a listener is frozen, or after it has just been ended. */
const lookSoonMs = 20;
/** Milliseconds until EC2 is asked again after its first refusal of the machine's end; doubled each time. */
const refusedMs = 5000;
const maxRefusedMs = 5 * 60_000;

/** An agent has just begun. */
export function newAgentMemory(now: number): AgentMemory {
  return {
    bootTimer: "armed",
    lastUsedAt: now,
    tokenDueAt: -Infinity,
    leavingDueAt: -Infinity,
    refusals: 0,
  };
}

/** When the machine may sleep, as far as is known before a look at the listener. */
export function sleepAtOf(
  { lastUsedAt }: Pick<AgentMemory, "lastUsedAt">,
  { power, idleMinutes }: FleetView,
  sleepTime: SleepTime,
): number {
  return sleepTime({ power: power?.power, idleMinutes, lastUsedAt });
}

/** Decides what is due next, from what was observed. The supervisor uses it, and so does the model of a machine's life. */
export function lookOver(
  memory: AgentMemory,
  now: number,
  listener: ListenerSighting,
  fleet: FleetView,
  terms: LookTerms,
): Look {
  const seen = observationOf(memory, now, listener, fleet, terms);
  const decision = terms.decide(seen);
  return {
    memory: { ...memory, lastUsedAt: listener.lastUsedAt },
    seen,
    decision,
    dueAt: dueAt(memory, decision),
    nextMs: nextLookMs(decision),
  };
}

/** Each field is written out, for speed: the model makes hundreds of observations in each of its schedules. */
function observationOf(
  memory: AgentMemory,
  now: number,
  listener: ListenerSighting,
  fleet: FleetView,
  { sleepTime, quietMs }: LookTerms,
): RunnerObservation {
  return {
    now,
    listener: listener.listener,
    worker: listener.worker,
    workerAt: listener.workerAt,
    toldToEndAt: listener.toldToEndAt,
    updating: listener.updating,
    job: listener.job,
    lastActivityAt: listener.lastActivityAt,
    pendingJobEvidence: listener.pendingJobEvidence,
    missedAt: listener.missedAt,
    exit: listener.exit,
    refusals: listener.refusals,
    disconnectedAt: listener.disconnectedAt,
    reachableAt: listener.reachableAt,
    registered: listener.registered,
    listing: fleet.listing,
    mayRetire: fleet.mayRetire,
    power: fleet.power,
    sleepAt: sleepAtOf(listener, fleet, sleepTime),
    jobLimit: fleet.jobLimit,
    quietMs,
    bootTimer: memory.bootTimer,
  };
}

function dueAt({ tokenDueAt, leavingDueAt }: AgentMemory, { action }: Decision): number {
  if (action === "register") return tokenDueAt;
  return action === "sleep" || action === "retire" ? leavingDueAt : -Infinity;
}

function nextLookMs({ action }: Decision): number {
  return action === "freeze" || action === "end-listener" ? lookSoonMs : lookEveryMs;
}

/** A listener is started: earlier refusals by EC2 no longer count. */
export function afterListenerStart(memory: AgentMemory): AgentMemory {
  return { ...memory, leavingDueAt: -Infinity, refusals: 0 };
}

/** The machine has asked for a token. The result does not matter. */
export function afterAskingForToken(memory: AgentMemory, now: number, pollMs: number): AgentMemory {
  return { ...memory, tokenDueAt: now + pollMs };
}

/** EC2 has refused to change what happens at the power-off. */
export function afterRefusal(memory: AgentMemory, now: number): AgentMemory {
  const waitMs = Math.min(maxRefusedMs, refusedMs * 2 ** memory.refusals);
  return { ...memory, leavingDueAt: now + waitMs, refusals: memory.refusals + 1 };
}

export function afterBootTimer(memory: AgentMemory): AgentMemory {
  return { ...memory, bootTimer: "cancelled" };
}
