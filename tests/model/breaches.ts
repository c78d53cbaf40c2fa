import type { Action } from "../../runtime/agent/decide.ts";
import { jobLimitOf, overdueAt } from "../../runtime/agent/job-limit.ts";
import { entryOf, isOnline } from "./github.ts";
import type { Listener } from "./listener.ts";
import { currentSettings, trueDesired } from "./parameters.ts";
import { settings } from "./settings.ts";
import { tell } from "./trace.ts";
import type { Cause, Machine, WayToLeave, World } from "./world.ts";

/**
 * A promise that was broken in a schedule.
 *
 * `lost` a job was ended by us (github.ts says what that is)
 * `cancelled` GitHub gave a job up because one machine missed it twice
 * `late` a machine did not reach its desired state in time
 * `ended` a machine was terminated that some list has always named
 * `asleep` a machine sleeps and was not started, although no reason to sleep holds
 * `forgotten` in the end, a machine is not in its desired state
 */
export interface Breach {
  kind: "lost" | "cancelled" | "late" | "ended" | "asleep" | "forgotten";
  text: string;
  about: readonly string[];
}

/** What happened in schedules. It reveals a model in which nothing happens. */
export interface Tally {
  jobs: number;
  completed: number;
  requeued: number;
  cancelled: number;
  /**
   * Jobs that were cancelled because three machines left one after the other,
   * each at the moment when it was offered the job.
   */
  cancelledByUs: number;
  lostOutside: number;
  conflicts: number;
  agents: number;
  starts: number;
  wakes: number;
  terminated: number;
  /** Entries that settle removed. */
  entriesRemoved: number;
  /** Machines that lost their entry by hand, and that were given another token. */
  registeredAnew: number;
  /** Looks that found a job that had run for too long. */
  overdue: number;
  /** Listeners that were ended because they no longer polled. */
  hung: number;
  decisions: Record<Action, number>;
  reboots: number;
  powerOffs: Record<Exclude<Cause, "outside">, number>;
}

export function newTally(): Tally {
  return {
    jobs: 0,
    completed: 0,
    requeued: 0,
    cancelled: 0,
    cancelledByUs: 0,
    lostOutside: 0,
    conflicts: 0,
    agents: 0,
    starts: 0,
    wakes: 0,
    terminated: 0,
    entriesRemoved: 0,
    registeredAnew: 0,
    overdue: 0,
    hung: 0,
    decisions: {
      stay: 0,
      "cancel-boot-timer": 0,
      "start-listener": 0,
      freeze: 0,
      thaw: 0,
      "end-listener": 0,
      "end-job": 0,
      "kill-job": 0,
      register: 0,
      sleep: 0,
      retire: 0,
    },
    reboots: 0,
    powerOffs: { agent: 0, "boot timer": 0, settle: 0 },
  };
}

/** Adds what one tally has counted to another. */
export function addTally(sum: Tally, tally: Tally): void {
  const add = (to: Record<string, number>, from: Record<string, number>) => {
    for (const [name, count] of Object.entries(from)) to[name] = (to[name] ?? 0) + count;
  };
  const { decisions, powerOffs, ...counts } = tally;
  add(sum.decisions, decisions);
  add(sum.powerOffs, powerOffs);
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) sum[name] += counts[name];
}

export function breach(world: World, kind: Breach["kind"], about: readonly string[], text: string): void {
  tell(world, about, () => `BREACH ${kind}: ${text}`);
  world.breaches.push({ kind, about, text });
}

/** The delays: a late read (two reads at worst), a long look, the calls before the power goes. */
const readMs = settings.pollMs * 2;
const slackMs = 60_000;
/**
 * Connections settle while the machine is quiet; a connection that GitHub has
 * just replaced may be new again.
 */
const settleMs = 10_000;

/**
 * How long after a change of the desired state, or after the last reason to
 * wait (a sign of work, a start of its agent, a failed call to AWS), a quiet
 * machine must have powered off. The quiet time, the turn among machines that
 * share the desired state, and the stay after a start run side by side.
 */
export function leaveBoundMs(kind: WayToLeave): number {
  const turnMs =
    kind === "sleep" ? Math.max(settings.spreadSeconds * 1000 + readMs, settings.staySeconds * 1000) : 0;
  return Math.max(settings.quietMs, readMs, turnMs) + settleMs + slackMs;
}

/** Gives a machine a reason to wait, from now or for a duration. */
export function disturb(world: World, machine: Machine, forMs = 0): void {
  machine.disturbedAt = Math.max(machine.disturbedAt, world.time.now + forMs);
}

/** A machine powers off on its own. This checks that it did so in time. */
export function judgeLeaving(world: World, machine: Machine): void {
  const { wanted, disturbedAt } = machine;
  const readableAt = Math.max(...Object.values(world.parameters.damagedUntil));
  if (!wanted || wanted.since < readableAt || machine.clockOffMs !== 0) return; // The machine could not know.
  const waitedMs = world.time.now - Math.max(wanted.since, disturbedAt);
  if (waitedMs <= leaveBoundMs(wanted.kind)) return;
  breach(
    world,
    "late",
    [machine.name],
    `${machine.name} left ${(waitedMs / 1000).toFixed(0)} s after it could have`,
  );
}

/**
 * A job is ended for its duration. This checks that the fleet has a limit and
 * enforces it, and that the job's own worker has run for that long.
 */
export function judgeJobEnd(world: World, { machine, workerSince }: Listener, name: string): void {
  const jobLimit = jobLimitOf(world.plan.limits);
  if (jobLimit?.enforce && world.time.now >= overdueAt({ workerAt: workerSince, jobLimit })) return;
  breach(world, "lost", [name, machine.name], `${name} was ended on ${machine.name} in its time`);
}

/** A machine is terminated. This checks that it was on neither list at some moment since those were read. */
export function judgeEnd(world: World, machine: Machine, readAt: number): void {
  if (machine.unlistedAt >= readAt) return;
  breach(world, "ended", [machine.name], `${machine.name} was terminated although a list names it`);
}

/**
 * What is wrong with a machine's state once the desired state has been constant
 * for long enough; undefined: nothing.
 */
export function restlessness(world: World, machine: Machine): string | undefined {
  const { listing, power } = trueDesired(world, machine);
  if (listing === "unknown") return undefined; // Empty lists without `closing` ask for nothing.
  const wanted = listing === "none" ? "terminated" : power === "off" ? "stopped" : "listening";
  const listens = machine.listeners.some(
    ({ ended, hangs, session }) =>
      !ended && !hangs && session && session === entryOf(world, machine)?.session,
  );
  const state = machine.state === "running" && listens ? "listening" : machine.state;
  if (state === wanted || state === "terminated") return undefined;
  return `${machine.name} is ${state}, but its desired state is ${wanted}`;
}

/** Whether a job is in progress, or could be taken. */
export function isUnderWay(world: World): boolean {
  return world.github.jobs.some(
    ({ state, only }) =>
      state === "offered" ||
      state === "acquired" ||
      (state === "queued" &&
        world.github.entries.some(
          (entry) => isOnline(world, entry) && (only ? entry.machine === only : entry.proven),
        )),
  );
}

export function judgeRest(world: World): void {
  for (const machine of world.machines) {
    const problem = restlessness(world, machine);
    if (problem !== undefined) breach(world, "forgotten", [machine.name], problem);
  }
  if (isUnderWay(world))
    breach(
      world,
      "forgotten",
      [],
      `a job never ends; the lists are ${JSON.stringify(currentSettings(world))}`,
    );
}
