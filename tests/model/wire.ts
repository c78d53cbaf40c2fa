import type { Socket } from "../../runtime/agent/sockets.ts";
import { wakeAgent } from "./agent.ts";
import { step } from "./listener.ts";
import type { Listener } from "./listener.ts";
import type { World } from "./world.ts";

/* The listener's connections, and the data on its way through them. */

export function connect(world: World, listener: Listener): Socket {
  const socket = { inode: String(++world.sockets), connected: true, waiting: false };
  listener.sockets.push(socket);
  wakeAgent(world, listener.machine, "closely");
  return socket;
}

export function disconnect(world: World, listener: Listener, socket: Socket | undefined): void {
  listener.sockets = listener.sockets.filter((one) => one !== socket);
  wakeAgent(world, listener.machine, "closely");
}

/** One-way delay of the network, in milliseconds. */
export function network(world: World): number {
  return world.random.delay(4, 60, 50, 400);
}

/** Bytes arrive: they wait in the socket until a thread of the listener reads them. */
export function receive(world: World, listener: Listener, socket: Socket, read: () => void): void {
  if (listener.ended) return;
  socket.waiting = true;
  step(world, listener, world.random.delay(0.05, 2, 50, 300), () => {
    socket.waiting = false;
    read();
  });
}

/** Sends a request, which the server serves whatever has happened to the listener, and reads the answer. */
export function ask<T>(
  world: World,
  listener: Listener,
  socket: Socket,
  serve: () => T,
  read: (answer: T) => void,
  serverMs = 0,
): void {
  world.time.after(network(world) + serverMs, () => {
    const answer = serve();
    world.time.after(network(world), () => {
      receive(world, listener, socket, () => {
        read(answer);
      });
    });
  });
}
