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

/** An unused connection to the run service is closed after this, in milliseconds. */
const idleConnectionMs = 60_000;

/**
 * A message has been read. For a moment it is visible nowhere: its bytes have
 * left the socket, and the performance log, which is written before anything is
 * answered, does not show it yet. Then the message is acknowledged (an answer
 * that this failed changes nothing), and the job is acquired from the run
 * service.
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
        // GitHub has assigned it the job, but the listener does not know. That is a
        // fault of the runner and of GitHub.
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

/** The main loop continues to poll. The job gets its own task once the previous one has ended. */
function dispatch(world: World, listener: Listener, job: Job): void {
  say(world, listener, events.acquired(job));
  poll(world, listener);
  if (listener.dispatched)
    listener.afterDispatch = () => {
      run(world, listener, job);
    };
  else run(world, listener, job);
}

/** The job is announced, then comes the first renewal, and only then a worker. */
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

/**
 * The worker itself reports the end of its job to GitHub, and exits a little
 * later. The listener learns of it then.
 */
function report(world: World, listener: Listener, job: Job): void {
  if (!listener.worker || listener.working !== job || !listener.machine.listeners.includes(listener)) return;
  listener.working = undefined;
  if (job.holder === listener) complete(world, job);
  release(listener, job);
  world.time.after(world.random.delay(50, 2000, 20, 20_000), () => {
    listener.worker = false;
    // The effects of the job's processes end with them, after the machine has tidied up.
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
 * A job's worker is told to end it, or is killed. When told, it skips its
 * remaining steps and reports, unless it is one of a few that hang. For a
 * killed worker, the listener reports.
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

/**
 * The listener prints how the job ended, then that it is free. It abandons the
 * poll that reported it as busy, and opens another.
 */
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
