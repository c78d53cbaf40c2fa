import type { Socket } from "../../runtime/agent/sockets.ts";
import { abandon, acknowledge, acquire, complete } from "./acquisitions.ts";
import { wakeAgent } from "./agent.ts";
import { judgeJobEnd } from "./breaches.ts";
import type { Job, Offer } from "./github.ts";
import { reap, step } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { events, mark, say } from "./log-files.ts";
import { poll, reconnect } from "./polling.ts";
import { tell } from "./trace.ts";
import { ask, connect, disconnect, network } from "./wire.ts";
import type { World } from "./world.ts";

/** An unused connection to the run service is given up after this. */
const idleConnectionMs = 60_000;

/**
 * A message has been read. For a moment it is nowhere to be seen: no bytes in
 * a socket, and not in the performance log yet, which is written before
 * anything is answered. Then it is acknowledged (GitHub's word that this
 * failed changes nothing), and the job is acquired from the run service.
 */
export function takeMessage(world: World, listener: Listener, offer: Offer): void {
  const { machine } = listener;
  const { random } = world;
  tell(world, [offer.job.name, machine.name], () => `${machine.name} has read the message`);
  step(world, listener, random.delay(0.1, 15, 50, 400), () => {
    mark(world, listener, events.received);
    if (listener.updating) {
      passOver(world, listener);
      return;
    }
    ask(
      world,
      listener,
      listener.broker!,
      () => {
        acknowledge(offer);
      },
      () => {
        const socket = connect(world, listener);
        step(world, listener, 2 * network(world), () => {
          requestJob(world, listener, offer, socket);
        });
      },
    );
  });
}

function passOver(world: World, listener: Listener): void {
  say(world, listener, events.notAcquired);
  poll(world, listener);
}

function requestJob(world: World, listener: Listener, offer: Offer, socket: Socket): void {
  const { random, plan } = world;
  const { job } = offer;
  const serve = () => {
    const acquired = acquire(world, offer, listener);
    if (acquired && !listener.ended) listener.holds.push(job);
    return acquired;
  };
  ask(
    world,
    listener,
    socket,
    serve,
    (acquired) => {
      const answerLost = random.chance(plan.github.answerLost);
      world.time.after(acquired ? idleConnectionMs + job.ms : idleConnectionMs, () => {
        if (!listener.ended) disconnect(world, listener, socket);
      });
      if (acquired && !answerLost) {
        dispatch(world, listener, job);
        return;
      }
      if (acquired) {
        // GitHub has given it the job and it does not know: the runner's own fault, and GitHub's.
        release(listener, job);
        abandon(world, job, "outside");
      }
      step(world, listener, random.delay(0, 5, 5, 3000), () => {
        passOver(world, listener);
      });
    },
    random.delay(20, 900, 20, 5000),
  );
}

/** The main loop polls on, and the job gets a task of its own once the one before has ended. */
function dispatch(world: World, listener: Listener, job: Job): void {
  say(world, listener, events.acquired(job));
  poll(world, listener);
  if (listener.dispatched)
    listener.afterDispatch = () => {
      run(world, listener, job);
    };
  else run(world, listener, job);
}

/** Announced, then the first renewal, and only then a worker. */
function run(world: World, listener: Listener, job: Job): void {
  const { machine } = listener;
  const { random, plan } = world;
  listener.dispatched = job;
  step(world, listener, random.between(0.1, 5), () => {
    say(world, listener, events.running(job));
    const renewMs = network(world) * 2 + random.delay(20, 500, 100, 50_000);
    step(world, listener, renewMs + random.delay(20, 300, 50, 3000), () => {
      listener.worker = true;
      listener.workerSince = world.time.now;
      listener.working = job;
      tell(world, [job.name, machine.name], () => "the worker runs");
      wakeAgent(world, machine);
      if (random.chance(plan.mutes)) machine.perfLostUntil = Infinity;
      world.time.after(job.ms, () => {
        report(world, listener, job);
      });
    });
  });
}

/** The worker tells GitHub the end of its job by itself, and is gone a little later; the listener hears of it then. */
function report(world: World, listener: Listener, job: Job): void {
  if (!listener.worker || listener.working !== job || !listener.machine.listeners.includes(listener)) return;
  listener.working = undefined;
  if (job.holder === listener) complete(world, job);
  release(listener, job);
  world.time.after(world.random.delay(50, 2000, 20, 20_000), () => {
    listener.worker = false;
    // With the job's processes, what they have done is over, and what the machine tidies up after them.
    const { machine } = listener;
    if (machine.perfLostUntil === Infinity)
      machine.perfLostUntil = world.time.now + world.random.between(0, 3000);
    reap(world, listener);
    step(world, listener, world.random.between(0.1, 20), () => {
      conclude(world, listener, job);
    });
  });
}

/**
 * The worker of a job is told to end it, or killed. Told, it leaves out what it
 * has still to do and reports, if it is not one of a few that hang; of a killed
 * one, the listener reports.
 */
export function endJob(world: World, listener: Listener, by: "end-job" | "kill-job"): void {
  const { random } = world;
  const job = listener.working;
  if (!job) return;
  tell(world, [job.name, listener.machine.name], () => by);
  judgeJobEnd(world, listener, job.name);
  if (by === "end-job" && random.chance(0.1)) return;
  world.time.after(by === "end-job" ? random.between(10, 25_000) : random.between(1, 50), () => {
    report(world, listener, job);
  });
}

/** It says how the job ended, then that it is free; the poll that told GitHub otherwise is given up for another. */
function conclude(world: World, listener: Listener, job: Job): void {
  const { random } = world;
  say(
    world,
    listener,
    events.ended(job),
    random.chance(0.2) ? random.between(3e6, 2e7) : random.between(1e5, 1e6),
  );
  step(world, listener, world.random.delay(0.1, 20, 20, 500), () => {
    say(world, listener, events.online);
    listener.dispatched = undefined;
    if (listener.polling) {
      reconnect(world, listener);
      poll(world, listener);
    }
    listener.afterDispatch?.();
    listener.afterDispatch = undefined;
  });
}

function release(listener: Listener, job: Job): void {
  listener.holds = listener.holds.filter((one) => one !== job);
}
