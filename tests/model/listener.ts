import type { Socket } from "../../runtime/agent/sockets.ts";
import { abandon } from "./acquisitions.ts";
import { wakeAgent } from "./agent.ts";
import { disturb } from "./breaches.ts";
import type { Job } from "./github.ts";
import { events, say } from "./log-files.ts";
import type { LogEntry } from "./log-files.ts";
import { beginSession } from "./polling.ts";
import { closeConnection } from "./sessions.ts";
import type { Session } from "./sessions.ts";
import { tell } from "./trace.ts";
import type { Cause, Machine, World } from "./world.ts";

/**
 * The listener's process, after actions/runner: it makes a session, polls, and
 * does what messages ask. Its own steps stand still while it is frozen; what
 * the network brings waits in its sockets meanwhile.
 */
export interface Listener {
  machine: Machine;
  ended: boolean;
  /** Undefined: it ended by itself, or runs. */
  endedBy: Cause | undefined;
  code: number | undefined;
  /** SIGSTOP has been sent, and its threads are about to stop. */
  stopping: boolean;
  frozen: boolean;
  /** Steps that were due while it was frozen. */
  held: (() => void)[];
  sockets: Socket[];
  session: Session | undefined;
  broker: Socket | undefined;
  /** The poll that it waits for; another number than the server's: that one was given up. */
  poll: number;
  polling: boolean;
  /** It will poll no more, although it lives on; since when it has had no connection. */
  hangs: boolean;
  disconnectedAt: number | undefined;
  /** Acquired, and neither reported as ended nor given up. */
  holds: Job[];
  /** The job whose task has not ended, and what waits for that. */
  dispatched: Job | undefined;
  afterDispatch: (() => void) | undefined;
  worker: boolean;
  /** When its worker began, and what that works on until it has reported the end. */
  workerSince: number;
  working: Job | undefined;
  /** It fetches an update of itself, and takes no job. */
  updating: boolean;
  conflicts: number;
  /** Its output. */
  log: LogEntry[];
}

export function startProcess(world: World, machine: Machine): Listener {
  const listener: Listener = {
    machine,
    ended: false,
    endedBy: undefined,
    code: undefined,
    stopping: false,
    frozen: false,
    held: [],
    sockets: [],
    session: undefined,
    broker: undefined,
    poll: 0,
    polling: false,
    hangs: false,
    disconnectedAt: undefined,
    holds: [],
    dispatched: undefined,
    afterDispatch: undefined,
    worker: false,
    workerSince: 0,
    working: undefined,
    updating: false,
    conflicts: 0,
    log: machine.log,
  };
  machine.listeners.push(listener);
  disturb(world, machine);
  step(world, listener, world.random.delay(300, 3000, 20, 20_000), () => {
    beginSession(world, listener);
  });
  return listener;
}

/** What it does next by itself, unless it has ended by then; frozen, it does it when it is thawed. */
export function step(world: World, listener: Listener, ms: number, act: () => void): void {
  world.time.after(ms, () => {
    proceed(listener, act);
  });
}

function proceed(listener: Listener, act: () => void): void {
  if (listener.ended) return;
  if (listener.frozen) listener.held.push(act);
  else act();
}

export function freeze(world: World, listener: Listener): void {
  listener.stopping = true;
  world.time.after(world.random.delay(0.05, 2, 100, 60), () => {
    if (listener.stopping) listener.frozen = true;
    listener.stopping = false;
  });
}

export function thaw(listener: Listener): void {
  listener.stopping = false;
  if (!listener.frozen) return;
  listener.frozen = false;
  for (const act of listener.held.splice(0)) proceed(listener, act);
}

/** Asked to end (SIGINT), and thawed for it: what it holds by then it cancels, and its session it deletes. */
export function interrupt(world: World, listener: Listener): void {
  thaw(listener);
  step(world, listener, world.random.delay(1, 30, 20, 500), () => {
    end(world, listener, "agent");
    if (listener.session) listener.session.goneAt = -Infinity;
  });
}

/** It ends by itself. */
export function exit(world: World, listener: Listener, code: number): void {
  listener.code = code;
  end(world, listener, "outside");
}

/** Its process is gone, and its worker soon after: the pipe between them has broken. */
export function end(world: World, listener: Listener, cause: Cause): void {
  if (listener.ended) return;
  const { machine } = listener;
  listener.ended = true;
  listener.endedBy = cause;
  listener.sockets = [];
  tell(
    world,
    [machine.name],
    () => `the listener has ended (${cause}${listener.code === undefined ? "" : `, code ${listener.code}`})`,
  );
  closeConnection(world, listener);
  wakeAgent(world, machine);
  const { holds, worker } = listener;
  const left = holds[0];
  if (worker && cause === "outside" && left && world.random.chance(0.3)) {
    // It goes on to the end of the job, which GitHub takes as long as the lock lasts.
    holds.slice(1).forEach((job) => {
      abandon(world, job, cause);
    });
    leaveWorker(world, listener, left);
    return;
  }
  for (const job of holds) abandon(world, job, cause);
  world.time.after(world.random.between(0, 3000), () => {
    listener.worker = false;
    reap(world, listener);
  });
}

function leaveWorker(world: World, listener: Listener, job: Job): void {
  world.time.after(world.random.between(8, 10) * 60_000, () => {
    if (job.holder === listener) abandon(world, job, "outside");
  });
  reap(world, listener);
}

/** What is left of it in the machine's list of processes. */
export function reap(world: World, listener: Listener): void {
  const { machine } = listener;
  disturb(world, machine);
  if (listener.ended && !listener.worker)
    machine.listeners = machine.listeners.filter((one) => one !== listener);
  wakeAgent(world, machine);
}

/** Its entry at GitHub is removed while it polls: it cancels the job that it runs, and forgets its registration. */
export function loseRegistration(world: World, listener: Listener, cause: "settle" | "outside"): void {
  if (listener.ended) return;
  listener.machine.registered = false;
  say(world, listener, events.registrationGone);
  listener.code = 0;
  end(world, listener, cause);
}
