import type { Socket } from "./sockets.ts";

/** A connection that is known for so long belongs to the wait for messages, and to no job's acquisition. */
const settledMs = 10_000;

/**
 * A closed connection in which bytes have waited for so long is one that the
 * listener has given up reading: it reads what arrives within milliseconds. What
 * GitHub sent there was never received, and so it queues the job again.
 */
const unreadMs = 60_000;

/**
 * What a look says of a job that may be on its way. The processes and sockets
 * are looked at where that matters, and not each second.
 *
 * @param closely the machine wants to leave
 * @param find as {@link watchForPendingJobs} does
 * @returns half a sentence; undefined: all is clear
 */
export function traceSeen(
  {
    runs,
    stopped,
    closely,
    job,
    worker,
    reachableAt,
  }: {
    /** A listener runs. */
    runs: boolean;
    /** Which of its threads stand still. */
    stopped: "none" | "some" | "all";
    closely: boolean;
    job: boolean;
    worker: boolean;
    reachableAt: number | undefined;
  },
  find: () => string | undefined,
): string | undefined {
  if (stopped === "some") return "not all threads of the listener have stopped";
  if (!runs) return undefined;
  if (closely || (job && !worker) || reachableAt !== undefined) return find();
  return "it has not been looked at closely yet";
}

/**
 * Looks for what may be a job on its way to a listener that has told of none:
 * a process of its own, bytes in its sockets, a connection that is new. The
 * run service, where a job is acquired, is reached by a connection made for
 * it, and the runner's HTTP client gives up one that it does not use after a
 * minute; the machine is quiet for longer before it asks. Bytes in a connection
 * that GitHub has closed (TLS says goodbye before TCP does) count for a while
 * only: a listener that hangs never reads them.
 *
 * @param now milliseconds of the monotonic clock
 * @param quietMs how long the listener must have been quiet; a connection need not be known for longer
 * @returns what was found, as half a sentence; undefined: all is clear
 */
export function watchForPendingJobs(quietMs: number) {
  let known = new Map<string, number>();
  let unread = new Map<string, number>();
  const since = (sockets: readonly Socket[], before: ReadonlyMap<string, number>, now: number) =>
    new Map(sockets.map(({ inode }) => [inode, before.get(inode) ?? now]));
  return (now: number, children: number, sockets: readonly Socket[]): string | undefined => {
    const connected = sockets.filter((socket) => socket.connected);
    known = since(connected, known, now);
    unread = since(
      sockets.filter((socket) => !socket.connected && socket.waiting),
      unread,
      now,
    );
    if (children > 0) return "the listener has a process of its own at work";
    const arriving = connected.some(({ waiting }) => waiting);
    if (arriving || [...unread.values()].some((at) => now - at < unreadMs))
      return "bytes wait in a socket of the listener";
    const settledAt = now - Math.min(settledMs, quietMs);
    if ([...known.values()].some((at) => at > settledAt)) return "a connection of the listener is new";
    return undefined;
  };
}
