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
 * The listener's process, after actions/runner: it opens a session, polls, and
 * acts on messages. While it is frozen its own steps stop, and what the network
 * brings waits in its sockets.
 */
export interface Listener {
  machine: Machine;
  ended: boolean;
  /** Undefined while it runs, or if it ended on its own. */
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
  /** The poll that it waits for. If the server's number differs, that poll was given up. */
  poll: number;
  polling: boolean;
  /** Whether it will poll no more, although it is alive; and since when it has had no connection. */
  hangs: boolean;
  disconnectedAt: number | undefined;
  /** Jobs that it has acquired, and that are neither reported as ended nor given up. */
  holds: Job[];
  /** The job with a task that has not ended, and the jobs that wait for that. */
  dispatched: Job | undefined;
  afterDispatch: (() => void) | undefined;
  worker: boolean;
  /** When its worker began, and the job that the worker has not yet reported as ended. */
  workerSince: number;
  working: Job | undefined;
  /** Whether it downloads an update of itself, and therefore takes no job. */
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

/**
 * The listener's next own step, unless it has ended by then. If it is frozen,
 * it makes the step when it is thawed.
 */
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

/**
 * Asks the listener to end (SIGINT), and thaws it for that. It cancels the jobs
 * that it then holds, and deletes its session.
 */
export function interrupt(world: World, listener: Listener): void {
  thaw(listener);
  step(world, listener, world.random.delay(1, 30, 20, 500), () => {
    end(world, listener, "agent");
    if (listener.session) listener.session.goneAt = -Infinity;
  });
}

/** The listener ends on its own. */
export function exit(world: World, listener: Listener, code: number): void {
  listener.code = code;
  end(world, listener, "outside");
}

/** Its process ends, and soon its worker too, because the pipe between them is broken. */
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
    // The worker continues to the end of the job, which GitHub accepts as long as the lock lasts.
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

/** Removes what is left of it from the machine's list of processes. */
export function reap(world: World, listener: Listener): void {
  const { machine } = listener;
  disturb(world, machine);
  if (listener.ended && !listener.worker)
    machine.listeners = machine.listeners.filter((one) => one !== listener);
  wakeAgent(world, machine);
}

/**
 * Its entry at GitHub is removed while it polls: it cancels the job that it
 * runs, and forgets its registration.
 */
export function loseRegistration(world: World, listener: Listener, cause: "settle" | "outside"): void {
  if (listener.ended) return;
  listener.machine.registered = false;
  say(world, listener, events.registrationGone);
  listener.code = 0;
  end(world, listener, cause);
}
