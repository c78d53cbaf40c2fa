import type { Socket } from "./sockets.ts";

/** A connection that is known for so long belongs to the wait for messages, and to no job's acquisition. */
const settledMs = 10_000;

/**
 * Looks for what may be a job on its way to a listener that has told of none:
 * a process of its own, bytes in its sockets, a connection that is new. The
 * run service, where a job is acquired, is reached by a connection made for
 * it, and the runner's HTTP client gives up one that it does not use after a
 * minute; the machine is quiet for longer before it asks.
 *
 * @param now milliseconds of the monotonic clock
 * @param quietMs how long the listener must have been quiet; a connection need not be known for longer
 * @returns what was found, as half a sentence; undefined: all is clear
 */
export function traceWatch(quietMs: number) {
  let known = new Map<string, number>();
  return (now: number, children: number, sockets: readonly Socket[]): string | undefined => {
    const connected = sockets.filter((socket) => socket.connected);
    known = new Map(connected.map(({ inode }) => [inode, known.get(inode) ?? now]));
    if (children > 0) return "the listener has a process of its own at work";
    if (sockets.some(({ waiting }) => waiting)) return "bytes wait in a socket of the listener";
    const settledAt = now - Math.min(settledMs, quietMs);
    if ([...known.values()].some((since) => since > settledAt)) return "a connection of the listener is new";
    return undefined;
  };
}
