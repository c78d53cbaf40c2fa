import { hungAfterMs } from "../../runtime/agent/hung-listener.ts";
import { wakeAgent } from "./agent.ts";
import { disturb } from "./breaches.ts";
import type { Offer } from "./github.ts";
import { takeMessage } from "./job-steps.ts";
import { exit, step } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { events, mark, say } from "./log-files.ts";
import { closeConnection, createSession, openPoll } from "./sessions.ts";
import { tell } from "./trace.ts";
import { ask, connect, disconnect, network, receive } from "./wire.ts";
import type { World } from "./world.ts";

/** The first step of a listener. */
export function beginSession(world: World, listener: Listener): void {
  listener.broker = connect(world, listener);
  askForSession(world, listener);
}

/**
 * GitHub refuses a session as long as it holds that of an earlier run. The
 * listener asks every 30 s, for four minutes.
 */
function askForSession(world: World, listener: Listener): void {
  const { machine } = listener;
  ask(
    world,
    listener,
    listener.broker!,
    () => createSession(world, listener),
    (answer) => {
      if (answer === "unknown") {
        say(world, listener, events.registrationGone);
        exit(world, listener, 1);
        return;
      }
      if (answer === "conflict") {
        world.tally.conflicts++;
        if (++listener.conflicts === 8) {
          exit(world, listener, 5);
          return;
        }
        step(world, listener, 30_000, () => {
          askForSession(world, listener);
        });
        return;
      }
      listener.session = answer;
      mark(world, listener, events.session);
      tell(world, [machine.name], () => "listens");
      poll(world, listener);
    },
  );
}

/** Opens a poll. After it the server closes or keeps the connection, as the schedule says. */
export function poll(world: World, listener: Listener): void {
  if (listener.hangs) {
    fallSilent(world, listener);
    return;
  }
  if (world.plan.github.churn > 0 && world.random.chance(world.plan.github.churn)) reconnect(world, listener);
  const number = ++listener.poll;
  listener.polling = true;
  world.time.after(network(world), () => {
    if (!listener.ended && listener.poll === number) openPoll(world, listener.session!, number);
  });
}

/** The listener makes no further poll, and abandons an open one. */
export function hang(world: World, listener: Listener): void {
  if (listener.ended || listener.hangs) return;
  listener.hangs = true;
  if (listener.polling && listener.holds.length === 0) fallSilent(world, listener);
}

function fallSilent(world: World, listener: Listener): void {
  listener.polling = false;
  listener.poll++;
  listener.disconnectedAt = world.time.now;
  closeConnection(world, listener);
  disconnect(world, listener, listener.broker);
  disturb(world, listener.machine, hungAfterMs);
  wakeAgent(world, listener.machine);
}

export function reconnect(world: World, listener: Listener): void {
  disconnect(world, listener, listener.broker);
  listener.broker = connect(world, listener);
}

/** The server answers a poll. The answer to an abandoned poll is lost, together with its message. */
export function answerPoll(world: World, listener: Listener, number: number, offer: Offer | undefined): void {
  world.time.after(network(world), () => {
    if (listener.poll !== number || listener.ended) return;
    receive(world, listener, listener.broker!, () => {
      if (listener.poll !== number) return;
      listener.polling = false;
      if (offer) takeMessage(world, listener, offer);
      else poll(world, listener);
    });
  });
}
