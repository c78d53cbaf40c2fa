import { breach } from "./breaches.ts";
import type { Listener } from "./listener.ts";
import { answer } from "./sessions.ts";
import type { Session } from "./sessions.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";

/**
 * GitHub: which runner is offered which job, and how the job ends.
 *
 * A job is **lost by us** when a listener that had acquired it is ended by the
 * agent, or its machine is powered off or terminated by the agent, the boot
 * timer or settle, while the job could have been completed: GitHub had not
 * given it up, and its worker had not reported its end. The same holds if a
 * job was being acquired when that happened. A job that was
 * offered and not acquired is not lost: it goes back to the queue after a
 * minute, which counts as a **miss**.
 */
export interface Github {
  entries: Entry[];
  jobs: Job[];
  matching: boolean;
}

export interface Job {
  name: string;
  ms: number;
  /** The one machine that has its label; undefined: the fleet's label. */
  only: Machine | undefined;
  state: "queued" | "offered" | "acquired" | "done" | "cancelled" | "lost";
  offer: Offer | undefined;
  /** Machines that did not take it, each with whether we caused that. */
  misses: { machine: Machine; ours: boolean }[];
  holder: Listener | undefined;
}

export interface Offer {
  job: Job;
  entry: Entry;
  listener: Listener;
  acknowledged: boolean;
}

/** A registered runner. */
export interface Entry {
  machine: Machine;
  /** Whether it has the fleet's labels. */
  proven: boolean;
  session: Session | undefined;
  work: Job | undefined;
  /** The value that the busy flag will show, and from when. */
  flag: { busy: boolean; from: number };
}

const requeueMs = 60_000;
const maxMisses = 3;

export function queueJob(world: World, ms: number, only?: Machine): void {
  const { github, tally } = world;
  const name = `job-${github.jobs.length + 1}`;
  const job: Job = { name, ms, only, state: "queued", offer: undefined, misses: [], holder: undefined };
  github.jobs.push(job);
  tally.jobs++;
  tell(
    world,
    [name],
    () => `queued for ${only ? only.name : "the fleet"}, ${(ms / 1000).toFixed(0)} s of work`,
  );
  matchSoon(world);
}

export function isOnline(world: World, { session }: Entry): boolean {
  return session !== undefined && world.time.now < session.goneAt + world.plan.github.onlineMs;
}

export function matchSoon(world: World): void {
  if (world.github.matching) return;
  world.github.matching = true;
  world.time.after(world.random.delay(5, 800, 20, 3000), () => {
    world.github.matching = false;
    match(world);
  });
}

function match(world: World): void {
  for (const job of world.github.jobs) {
    if (job.state !== "queued") continue;
    const able = world.github.entries.filter(
      (entry) =>
        !entry.work && isOnline(world, entry) && (job.only ? entry.machine === job.only : entry.proven),
    );
    if (able.length > 0) offerTo(world, job, world.random.pick(able));
  }
}

function offerTo(world: World, job: Job, entry: Entry): void {
  const session = entry.session!;
  const offer: Offer = { job, entry, listener: session.listener, acknowledged: false };
  entry.work = job;
  job.state = "offered";
  job.offer = offer;
  tell(world, [job.name, entry.machine.name], () => `offered to ${entry.machine.name}`);
  if (session.poll === undefined) session.waiting = offer;
  else answer(world, session, offer);
  world.time.after(requeueMs, () => {
    if (!offer.acknowledged) requeue(world, offer);
    // The time limit for the acquisition begins now.
    else
      world.time.after(requeueMs, () => {
        requeue(world, offer);
      });
  });
}

function requeue(world: World, offer: Offer): void {
  const { job, entry, listener } = offer;
  if (job.offer !== offer) return;
  // A listener that hangs would have missed it in any case.
  const ours =
    !listener.hangs &&
    (listener.frozen || (listener.endedBy !== undefined && listener.endedBy !== "outside"));
  job.offer = undefined;
  entry.work = undefined;
  if (entry.session?.waiting === offer) entry.session.waiting = undefined;
  job.misses.push({ machine: entry.machine, ours });
  world.tally.requeued++;
  job.state = job.misses.length < maxMisses ? "queued" : "cancelled";
  tell(
    world,
    [job.name, entry.machine.name],
    () => `not taken by ${entry.machine.name} within a minute: ${job.state}`,
  );
  if (job.state === "cancelled") judgeCancelled(world, job);
  matchSoon(world); // This is needed even when the job is given up: its runner is then free for other queued jobs.
}

/**
 * Three misses cancel a job. One machine may cause one of them, by leaving at
 * the moment when it is offered the job. A freeze that ends in a thaw must
 * cause none, and no machine may cause two.
 *
 * A machine does not know the others. So three that leave a minute apart may
 * each cause one, if GitHub continues to offer jobs to a listener without a
 * connection. That is counted, and is not a breach.
 */
function judgeCancelled(world: World, { name, misses }: Job): void {
  world.tally.cancelled++;
  const ours = misses.filter((miss) => miss.ours).map(({ machine }) => machine);
  if (ours.length === maxMisses) world.tally.cancelledByUs++;
  if (new Set(ours).size < ours.length)
    breach(world, "cancelled", [name], `${name} was cancelled: one machine missed it twice`);
}

export function entryOf(world: World, machine: Machine): Entry | undefined {
  return world.github.entries.find((entry) => entry.machine === machine);
}
