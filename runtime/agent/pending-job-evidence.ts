import type { Socket } from "./sockets.ts";

/** Milliseconds after which a known connection belongs to the wait for messages, not to the acquisition of a job. */
const settledMs = 10_000;

/**
 * Milliseconds for which bytes may wait in a closed connection. After that the
 * listener has given up reading it: it reads what arrives within milliseconds.
 * What GitHub sent there was never received, and so GitHub queues the job again.
 */
const unreadMs = 60_000;

/**
 * The evidence of a pending job in a look. Processes and sockets are read only
 * where that matters, and not each second.
 *
 * @param closely the machine wants to leave
 * @param find as {@link watchForPendingJobs} returns it
 * @returns half a sentence; undefined: there is none
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
    /** Which of its threads are stopped. */
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
  return "the listener has not been examined closely yet";
}

/**
 * Looks for evidence of a job on its way to a listener that has logged none: a
 * child process, bytes in its sockets, a new connection. The run service,
 * where a job is acquired, is reached by a connection made for it, and the
 * runner's HTTP client closes an unused one after a minute. The machine is quiet
 * for longer before it looks. Bytes in a connection that GitHub has closed (the
 * closing message of TLS comes before the end of the TCP connection) count only
 * for a while, because a listener that hangs never reads them.
 *
 * @param now milliseconds of the monotonic clock
 * @param quietMs how long the listener must have been quiet; a connection need not be known for longer
 * @returns the evidence, as half a sentence; undefined: there is none
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
    if (children > 0) return "the listener has a child process";
    const arriving = connected.some(({ waiting }) => waiting);
    if (arriving || [...unread.values()].some((at) => now - at < unreadMs))
      return "bytes wait in a socket of the listener";
    const settledAt = now - Math.min(settledMs, quietMs);
    if ([...known.values()].some((at) => at > settledAt)) return "a connection of the listener is new";
    return undefined;
  };
}
