import { entryOf, matchSoon } from "./github.ts";
import type { Entry, Offer } from "./github.ts";
import { loseRegistration } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { answerPoll } from "./polling.ts";
import type { World } from "./world.ts";

/** GitHub's session of a listener, and how messages reach it. */
export interface Session {
  listener: Listener;
  /** The open poll. */
  poll: number | undefined;
  /** When its connection was closed without notice. */
  goneAt: number;
  waiting: Offer | undefined;
}

const pollMs = 50_000;

/**
 * A listener requests a session.
 *
 * @returns the refusal, or the session
 */
export function createSession(world: World, listener: Listener): Session | "conflict" | "unknown" {
  const entry = entryOf(world, listener.machine);
  if (!entry) return "unknown";
  const former = entry.session;
  if (former && former.listener !== listener) {
    if (world.time.now < former.goneAt + world.plan.github.lingerMs) return "conflict";
  }
  const goneAt = listener.ended ? world.time.now : Infinity;
  entry.session = { listener, poll: undefined, goneAt, waiting: undefined };
  return entry.session;
}

export function openPoll(world: World, session: Session, poll: number): void {
  session.poll = poll;
  const { waiting } = session;
  session.waiting = undefined;
  if (waiting) {
    answer(world, session, waiting);
    return;
  }
  if (world.github.jobs.some(({ state }) => state === "queued")) matchSoon(world);
  closePollLater(world, session, poll);
}

/**
 * Ends a poll without a message after a while, so that the next one begins.
 * While nothing looks at the listener's sockets, the poll may stay open.
 */
function closePollLater(world: World, session: Session, poll: number): void {
  world.time.after(pollMs, () => {
    if (session.poll !== poll) return;
    const { machine, frozen, stopping } = session.listener;
    const unseen = !machine.agent?.closely && !frozen && !stopping;
    if (unseen) closePollLater(world, session, poll);
    else answer(world, session, undefined);
  });
}

export function answer(world: World, session: Session, offer: Offer | undefined): void {
  const poll = session.poll!;
  session.poll = undefined;
  answerPoll(world, session.listener, poll, offer);
}

/** The connection of a listener that has ended is gone. */
export function closeConnection(world: World, listener: Listener): void {
  const session = entryOf(world, listener.machine)?.session;
  if (session?.listener !== listener) return;
  session.poll = undefined;
  session.goneAt = world.time.now;
}

/**
 * Removes a runner from GitHub's list. Its listener learns of that at its next
 * poll, or when it requests a session.
 */
export function removeEntry(world: World, entry: Entry, cause: "settle" | "outside"): void {
  world.github.entries = world.github.entries.filter((one) => one !== entry);
  if (entry.session) loseRegistration(world, entry.session.listener, cause);
}
