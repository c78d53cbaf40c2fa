import { breach } from "./breaches.ts";
import { entryOf, matchSoon } from "./github.ts";
import type { Entry, Job, Offer } from "./github.ts";
import type { Listener } from "./listener.ts";
import { tell } from "./trace.ts";
import type { Cause, Machine, World } from "./world.ts";

/*
 * The fate of a job that a listener has taken. github.ts says when it is lost
 * by us.
 */

const lockMs = 10 * 60_000;

export function acknowledge(offer: Offer): void {
  offer.acknowledged = true;
}

/** @returns whether the job is the listener's now */
export function acquire(world: World, offer: Offer, listener: Listener): boolean {
  const { job, entry } = offer;
  if (job.offer !== offer) return false;
  job.offer = undefined;
  job.state = "acquired";
  job.holder = listener;
  flagBusy(world, entry, true);
  tell(world, [job.name, entry.machine.name], () => `acquired by ${entry.machine.name}`);
  if (listener.ended) abandon(world, job, listener.endedBy!);
  return true;
}

/** A worker reports the end of its job. */
export function complete(world: World, job: Job): void {
  if (job.state !== "acquired") return;
  finish(world, job, "done");
  world.tally.completed++;
}

/** Nothing works on the job any more. GitHub notices that when the lock is not renewed. */
export function abandon(world: World, job: Job, cause: Cause): void {
  if (job.state !== "acquired") return;
  if (cause !== "outside") {
    const name = job.holder!.machine.name;
    breach(
      world,
      "lost",
      [job.name, name],
      `${job.name} was lost: ${cause} ended what worked on it on ${name}`,
    );
  }
  job.holder = undefined;
  world.time.after(world.random.between(0.9, 1) * lockMs, () => {
    if (job.state === "acquired" && !job.holder) giveUp(world, job);
  });
}

function giveUp(world: World, job: Job): void {
  world.tally.lostOutside++;
  finish(world, job, "lost");
}

function finish(world: World, job: Job, state: "done" | "lost"): void {
  job.state = state;
  tell(world, [job.name], () => state);
  const entry = world.github.entries.find(({ work }) => work === job);
  if (!entry) return;
  entry.work = undefined;
  flagBusy(world, entry, false);
  matchSoon(world);
}

function flagBusy(world: World, entry: Entry, busy: boolean): void {
  entry.flag = { busy, from: world.time.now + world.random.next() * world.plan.github.flagMs };
}

/** What GitHub's API reports, with a delay. */
export function showsBusy(world: World, machine: Machine): boolean {
  const flag = entryOf(world, machine)?.flag;
  if (!flag) return false;
  const caughtUp = world.time.now >= flag.from;
  return flag.busy === caughtUp;
}
