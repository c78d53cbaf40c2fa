import { afterExit, versionRefusedCode } from "./exit-codes.ts";
import type { ListenerState } from "./jobs.ts";
import { isRegistrationGone, signsBetween } from "./jobs.ts";
import type { RunnerObservation } from "./runner-observation.ts";

/** What an agent remembers of its listener from look to look. Moments are milliseconds of the monotonic clock. */
export interface ListenerMemory extends Pick<
  RunnerObservation,
  "lastActivityAt" | "missedAt" | "exit" | "refusals"
> {
  /**
   * When the machine was last used: by a sign of a job, or by the first start of a listener. A start after an exit does
   * not count: a listener that is refused, fails or hangs again and again must not keep its machine awake.
   */
  lastUsedAt: number;
  /** Consecutive runs without a session. */
  failures: number;
  /** When this agent last started a listener; -Infinity: it has started none. */
  startedAt: number;
}

/** The news of the listener's files in a look, and the listener's end, if it was seen before they were read. */
export interface Reading {
  now: number;
  /** The known state before the files were read, and after. */
  before: ListenerState;
  after: ListenerState;
  ended?:
    | {
        code: number | undefined;
        /** The registration is on the disk. */
        registered: boolean;
        /** Milliseconds since the epoch. */
        clockAt: number;
      }
    | undefined;
}

/** Milliseconds after which the version of a running listener counts as accepted: GitHub refuses it with the first poll. */
const acceptedAfterMs = 2 * 60_000;

/** The memory of an agent that has just begun: it does not know the past, and waits as after a sign of work. */
export function newMemory(now: number): ListenerMemory {
  return {
    lastActivityAt: now,
    lastUsedAt: now,
    missedAt: undefined,
    exit: undefined,
    refusals: 0,
    failures: 0,
    startedAt: -Infinity,
  };
}

/** The first half of a look, at the files: news are signs of work, and the exit of a listener that has ended is remembered. */
export function afterReading(memory: ListenerMemory, { now, before, after, ended }: Reading): ListenerMemory {
  const { work, job } = signsBetween(before, after);
  if (!work && !ended) return memory;
  const next = {
    ...memory,
    lastActivityAt: work ? now : memory.lastActivityAt,
    lastUsedAt: job ? now : memory.lastUsedAt,
  };
  if (!ended) return next;
  const { code, registered, clockAt } = ended;
  const failures = after.listening ? 0 : memory.failures + 1;
  const refusals = code === versionRefusedCode ? memory.refusals + 1 : 0;
  const registrationGone = isRegistrationGone(after, code, registered);
  return {
    ...next,
    failures,
    refusals,
    exit: { at: now, after: afterExit({ code, registrationGone, failures, refusals, clockAt }) },
    // GitHub sends a message again that was received and did not become a job, perhaps to this runner.
    missedAt: after.open.some(({ startedAt }) => startedAt === null) ? now : memory.missedAt,
  };
}

/** The second half of a look, at the processes: a worker is a sign of work as long as it exists. */
export function afterSighting(
  memory: ListenerMemory,
  { now, runs, worker }: { now: number; /** A listener runs. */ runs: boolean; worker: boolean },
): ListenerMemory {
  const isAccepted = runs && now - memory.startedAt >= acceptedAfterMs;
  if (!worker && (!isAccepted || memory.refusals === 0)) return memory;
  return {
    ...memory,
    lastActivityAt: worker ? now : memory.lastActivityAt,
    lastUsedAt: worker ? now : memory.lastUsedAt,
    refusals: isAccepted ? 0 : memory.refusals,
  };
}

/** The agent starts a listener. */
export function afterStart(memory: ListenerMemory, now: number): ListenerMemory {
  return {
    ...memory,
    startedAt: now,
    lastActivityAt: now,
    lastUsedAt: memory.exit ? memory.lastUsedAt : now,
    exit: undefined,
  };
}

/** The runner was registered again: what the last exit asked for no longer holds. */
export function afterRegistration(memory: ListenerMemory): ListenerMemory {
  return { ...memory, exit: undefined, failures: 0 };
}
