import type { ConnectionView } from "../../runtime/agent/connection-watch.ts";
import type { JobEvent } from "../../runtime/agent/job-events.ts";
import type { ListenerState } from "../../runtime/agent/jobs.ts";
import { advance, freshListener } from "../../runtime/agent/jobs.ts";
import type { ListenerMemory } from "../../runtime/agent/listener-memory.ts";
import {
  afterReading,
  afterRegistration,
  afterSighting,
  afterStart,
  newMemory,
} from "../../runtime/agent/listener-memory.ts";
import type { ListenerSighting } from "../../runtime/agent/look.ts";
import { sightingOf } from "../../runtime/agent/look.ts";
import { traceSeen, watchForPendingJobs } from "../../runtime/agent/pending-job-evidence.ts";
import type { Agent } from "./agent.ts";
import { later, period } from "./agent.ts";
import type { Listener } from "./listener.ts";
import type { Machine, World } from "./world.ts";
import { epoch } from "./world.ts";

/**
 * What an agent sees of its listener, in the order in which
 * runtime/agent/listener-eyes.ts looks. The conclusions come from the agent's
 * own code.
 */
export interface Eyes {
  current: Listener | undefined;
  /** Whether the listener is a child of this run of the agent, so that its exit code is available. */
  own: boolean;
  state: ListenerState;
  /** How far the two files have been read: entries, and bytes of the next one. */
  perfRead: number;
  logRead: number;
  logPart: number;
  /** Whether the log holds more than one look reads. */
  behind: boolean;
  memory: ListenerMemory;
  traceOf: ReturnType<typeof watchForPendingJobs>;
  /** When a worker was last seen. */
  workerAt: number | undefined;
  /** The listener of the worker that was seen, when that worker began, and when it was told to end its job. */
  works: Listener | undefined;
  workerSince: number;
  toldToEndAt: number | undefined;
}

const maxBytes = 1 << 20;

export function openEyes(world: World): Eyes {
  return {
    current: undefined,
    own: false,
    state: freshListener,
    perfRead: 0,
    logRead: 0,
    logPart: 0,
    behind: false,
    memory: newMemory(world.time.now),
    traceOf: watchForPendingJobs(world.variant.quietMs),
    workerAt: undefined,
    works: undefined,
    workerSince: 0,
    toldToEndAt: undefined,
  };
}

/** The listener that the agent's file names, or else one from the list of processes. */
function adopted({ listeners, listenerMark }: Machine): Listener | undefined {
  return listenerMark && !listenerMark.ended ? listenerMark : listeners.find(({ ended }) => !ended);
}

/** @param closely the look includes the sockets, a moment after the files */
export function lookAtListener(
  world: World,
  agent: Agent,
  closely: boolean,
  then: (seen: ListenerSighting) => void,
): void {
  const { eyes, machine } = agent;
  const now = world.time.now;
  // The skipped looks would have seen the worker as well.
  if (eyes.workerAt !== undefined) {
    const at = Math.max(eyes.workerAt, now - period(agent));
    eyes.memory = afterSighting(eyes.memory, { now: at, runs: eyes.current !== undefined, worker: true });
  }
  if (!eyes.current) Object.assign(eyes, { current: adopted(machine), own: false });
  const { current } = eyes;
  const ended = current?.ended === true;
  const stopped = !current || ended ? "none" : current.frozen ? "all" : current.stopping ? "some" : "none";
  readNews(eyes, machine, now, ended);
  if (!closely) {
    then(finishLook(world, agent, closely, stopped));
    return;
  }
  later(world, agent, agent.lookMs, () => {
    then(finishLook(world, agent, closely, stopped));
  });
}

function finishLook(
  world: World,
  { eyes, machine }: Agent,
  closely: boolean,
  stopped: "none" | "some" | "all",
): ListenerSighting {
  const now = world.time.now;
  const { current } = eyes;
  const works = current ?? machine.listeners.find((listener) => listener.worker);
  const worker = works?.worker === true;
  noteWorker(eyes, worker ? works : undefined);
  const updating = !current && now < machine.updatingUntil;
  eyes.workerAt = worker ? now : undefined;
  eyes.memory = afterSighting(eyes.memory, { now, runs: current !== undefined, worker });
  if (current) freeLog(eyes, machine);
  else if (!worker) eyes.state = { ...eyes.state, open: [] };
  const job = eyes.state.open.length > 0;
  const connection = job || worker ? connectedSince(undefined, now) : connectedSince(current, now);
  const { reachableAt } = connection;
  const trace = traceSeen({ runs: current !== undefined, stopped, closely, job, worker, reachableAt }, () =>
    eyes.traceOf(now, worker ? 1 : 0, current!.sockets),
  );
  return sightingOf(eyes.memory, {
    listener: current && { listening: eyes.state.listening, frozen: stopped !== "none" },
    worker,
    seenWorker: worker ? { startedAt: eyes.workerSince, toldToEndAt: eyes.toldToEndAt } : undefined,
    updating,
    job,
    pendingJobEvidence: trace,
    connection,
    registered: machine.registered,
  });
}

/** GitHub answers whenever it is asked, which is a while after the listener has lost its connection. */
function connectedSince(listener: Listener | undefined, now: number): ConnectionView {
  const disconnectedAt = listener?.disconnectedAt;
  const askedAt = (disconnectedAt ?? Infinity) + 90_000;
  return { disconnectedAt, reachableAt: askedAt <= now ? askedAt : undefined };
}

/** Each job has a worker of its own. */
function noteWorker(eyes: Eyes, works: Listener | undefined): void {
  if (eyes.works === works && (!works || eyes.workerSince === works.workerSince)) return;
  eyes.works = works;
  eyes.workerSince = works ? works.workerSince : 0;
  eyes.toldToEndAt = undefined;
}

/** Reads what is new in the listener's files, and its end, which was seen before. */
function readNews(eyes: Eyes, machine: Machine, now: number, ended: boolean): void {
  const { current, own, state: before } = eyes;
  readFiles(eyes, machine, !current || ended);
  eyes.memory = afterReading(eyes.memory, {
    now,
    before,
    after: eyes.state,
    ended: ended
      ? { code: own ? current!.code : undefined, registered: machine.registered, clockAt: epoch + now }
      : undefined,
  });
  if (!ended) return;
  eyes.current = undefined;
  eyes.state = { ...eyes.state, listening: false };
}

/** The log is read first and processed last. One look at a running listener reads at most a megabyte of it. */
function readFiles(eyes: Eyes, { perf, log }: Machine, toTheEnd: boolean): void {
  const lines: JobEvent[] = [];
  let left = toTheEnd ? Infinity : maxBytes;
  for (; eyes.logRead < log.length; eyes.logRead++) {
    const { bytes, event } = log[eyes.logRead]!;
    const rest = bytes - eyes.logPart;
    eyes.logPart = rest > left ? eyes.logPart + left : 0;
    left -= rest;
    if (left < 0) break;
    if (event) lines.push(event);
  }
  eyes.behind = left < 0;
  while (eyes.perfRead < perf.length) take(eyes, perf[eyes.perfRead++]!);
  for (const event of lines) take(eyes, event);
}

/** Between two jobs, the agent removes what it has read from the log, if that frees enough space. */
function freeLog(eyes: Eyes, { log }: Machine): void {
  if (eyes.state.open.length > 0) return;
  if (log.slice(0, eyes.logRead).reduce((sum, { bytes }) => sum + bytes, 0) <= maxBytes) return;
  log.splice(0, eyes.logRead);
  eyes.logRead = 0;
}

function take(eyes: Eyes, event: JobEvent): void {
  eyes.state = advance(eyes.state, event).state;
}

/** The agent has started a listener: output of an earlier run is not news of this one. */
export function watchNew(world: World, eyes: Eyes, listener: Listener): void {
  Object.assign(eyes, {
    memory: afterStart(eyes.memory, world.time.now),
    current: listener,
    own: true,
    state: freshListener,
    perfRead: 0,
    logRead: 0,
    logPart: 0,
  });
}

/** The agent has registered its machine again. */
export function forgetExit(eyes: Eyes): void {
  eyes.memory = afterRegistration(eyes.memory);
}

/**
 * The look that waits for the end of a listener.
 *
 * @returns whether it has ended
 */
export function hasEnded(world: World, agent: Agent): boolean {
  const { eyes, machine } = agent;
  const ended = eyes.current?.ended === true;
  readNews(eyes, machine, world.time.now, ended);
  finishLook(world, agent, false, "none");
  return eyes.current === undefined;
}
