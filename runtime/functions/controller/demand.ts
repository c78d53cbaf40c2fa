import { fleetForLabels } from "../../../contract/job-labels.ts";
import type { LabelledFleet } from "../../../contract/job-labels.ts";
import { isCurrentJob, jobStates } from "../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";

/*
 * Which sleeping machines to start for the jobs that wait.
 *
 * The decision rests on what EC2 describes and on what GitHub's signed
 * deliveries say of jobs. A job with Docker is root on its machine and can forge
 * what the machine reports, so a report counts in one row of the second table
 * alone.
 *
 * An `in_progress` job names its machine, so the jobs tell which machines are
 * busy. A lost delivery makes that wrong. Where a GitHub App is configured, the
 * sweep (controller/sweep/) mends each of these within minutes:
 *
 * | lost delivery of a job      | until then                                | what it costs                              |
 * | --------------------------- | ----------------------------------------- | ------------------------------------------ |
 * | `queued`                    | the job is not known                      | no machine is woken for it                 |
 * | `in_progress`               | it counts as waiting and its machine as   | after that, two machines are started for   |
 * |                             | idle: they even out for `trustsIdleMs`    | it, one after the other                    |
 * | `completed`                 | its machine counts as busy, until it      | one machine too many is started at most    |
 * |                             | sleeps, has another job, or five days     |                                            |
 * |                             | have passed                               |                                            |
 * | `completed`, when it was    | it counts as waiting, and is forgotten    | as many machines are woken for it as for   |
 * | cancelled in the queue      | after a day                               | any other job, `wakesPerJob`               |
 *
 * | a running machine that      | counts                                                                                 |
 * | --------------------------- | -------------------------------------------------------------------------------------- |
 * | reports nothing (its boot   | as idle, until a job has waited beside it for `trustsIdleMs`                           |
 * | hangs)                      |                                                                                        |
 * | reports that it cannot take | not at all. Where that is forged, no more machines are started than jobs wait for      |
 * | jobs                        |                                                                                        |
 * | is on no roster: there is   | not at all, and asleep it is not started                                               |
 * | no proof of it yet, or no   |                                                                                        |
 * | use for it any more         |                                                                                        |
 */

/** A fleet as far as waiting jobs matter to it. */
export interface DemandFleet extends LabelledFleet {
  /** Ids of its machines in service. Undefined: could not be read, and nothing is started. */
  roster: readonly string[] | undefined;
}

/** A machine as EC2 describes it. */
export interface DemandMachine {
  instanceId: string;
  /** Its name at GitHub. */
  name: string;
  /** EC2's word, for example `stopped`. */
  state: string;
  availabilityZone: string;
  /**
   * Whether anybody is against starting it: the budget, or an operator's wish
   * to sleep. Working hours are not: that is what waking on demand is for.
   */
  mayStart: boolean;
  /** It says of itself that it can take no job. */
  cannotTakeJobs?: boolean;
  /** Its last start failed: others are started before it. */
  hasFailedToStart?: boolean;
}

export interface DemandInput {
  /** The table's items, expired ones among them. */
  jobs: readonly WaitingJob[];
  /** In the order of the configuration. */
  fleets: readonly DemandFleet[];
  machines: readonly DemandMachine[];
  /** The fleet that jobs without labels count for. */
  emptyLabels?: string;
  /** Machines that are started for one job before it must have been seen at GitHub, see {@link wakesPerJob}. */
  maxWakes: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * How many machines one job may have started, one after the other, before it is
 * left alone: something else than a missing machine holds it (`max-parallel`,
 * `concurrency`), or it is gone and nobody said so.
 */
export const wakesPerJob = 2;

/**
 * Seconds after the last wake of a job that has had its wakes. Who sees it
 * queued at GitHub so much later gives it one more: it is not gone, and what
 * held it may have let it go, of which GitHub documents no delivery. One machine
 * an hour at most for a job that is held, and none where nobody asks GitHub.
 */
export const secondsUntilSeenAgain = 3600;

/** Whether one more machine may be started for a queued job. */
export function mayWakeOneMore(
  { wakes, wokenAt = 0, seenAt = 0 }: Pick<WaitingJob, "wakes" | "wokenAt" | "seenAt">,
  maxWakes: number,
): boolean {
  return wakes < maxWakes || seenAt - wokenAt >= secondsUntilSeenAgain;
}

/**
 * Milliseconds after a start in which a machine counts as waking though EC2
 * still describes it as stopped: its descriptions may be late by that much.
 */
export const startSettlesMs = 90_000;

/**
 * Milliseconds that a job waits for machines which count as idle, since it was
 * queued or a machine was last started for it. After that none of them takes it,
 * and it may be that none can: another is started. It may as well be the job that
 * is held, so that is done for a job's first {@link wakesPerJob} machines alone,
 * and for one job of a fleet in this time.
 */
export const trustsIdleMs = 15 * 60_000;

/** A machine to start, and the job that it is started for. */
export interface DemandStart {
  instanceId: string;
  fleet: string;
  availabilityZone: string;
  /** The job, and the wakes that it had before. */
  job: Pick<WaitingJob, "id" | "wakes" | "wokenAt" | "wokenMachine">;
  /** A sentence for the log. */
  reason: string;
}

/** A sleeping machine that was not chosen: what is tried where the chosen one's zone has no capacity. */
export type Spare = Pick<DemandStart, "instanceId" | "fleet" | "availabilityZone">;

export interface FleetDemand {
  waiting: number;
  idle: number;
  waking: number;
  busy: number;
  asleep: number;
}

export interface Demand {
  /** In the order in which the jobs were queued; no machine twice, no job twice. */
  starts: DemandStart[];
  spares: Spare[];
  counts: {
    /** Queued jobs that count for a fleet. */
    waiting: number;
    /** Queued jobs whose labels no fleet has (any more). */
    unmatched: number;
    /** Of the waiting: had their wakes, and are still queued. */
    leftAlone: number;
    /** Of the waiting: want a machine, and none is left that may be started. */
    noMachine: number;
  };
  /** What was counted, by fleet. */
  fleets: Record<string, FleetDemand>;
}

/**
 * As many sleeping machines as the waiting jobs are short of. The same
 * input gives the same machines, so two controllers at once start the
 * same ones, which for EC2 is one start.
 */
export function decideDemand(input: DemandInput): Demand {
  const { fleets, emptyLabels } = input;
  const jobs = jobsThatCount(input);
  const fleetOf = (job: WaitingJob) => fleetForLabels(job.labels, fleets, emptyLabels);
  const queued = jobs.filter(({ state }) => state === "queued");

  const demand: Demand = {
    starts: [],
    spares: [],
    counts: {
      waiting: 0,
      unmatched: queued.filter((job) => fleetOf(job) === undefined).length,
      leftAlone: 0,
      noMachine: 0,
    },
    fleets: {},
  };
  for (const fleet of fleets) {
    const own = jobs.filter((job) => fleetOf(job) === fleet.name);
    decideFleet(fleet, own, capacityOf(fleet, own, jobs, input), input, demand);
  }
  return demand;
}

/** How a fleet's machines stand. */
interface Capacity {
  idle: number;
  waking: number;
  busy: number;
  asleep: readonly DemandMachine[];
}

function decideFleet(
  { name: fleet }: DemandFleet,
  jobs: readonly WaitingJob[],
  { asleep, ...capacity }: Capacity,
  { maxWakes, now }: Pick<DemandInput, "maxWakes" | "now">,
  demand: Demand,
): void {
  const waiting = jobs.filter(({ state }) => state === "queued").sort(byAge);
  const eligible = waiting.filter((job) => mayWakeOneMore(job, maxWakes));
  const starving = starvingJob(eligible, jobs, now);
  const missing = withoutMachine(eligible, capacity, starving);
  const mayStart = asleep.filter((machine) => machine.mayStart);
  const healthy = mayStart.filter(({ hasFailedToStart }) => !hasFailedToStart);
  const startable = [...healthy, ...mayStart.filter(({ hasFailedToStart }) => hasFailedToStart)];
  const starts = missing.slice(0, startable.length).map((job, index): DemandStart => {
    const { instanceId, availabilityZone } = startable[index]!;
    return {
      instanceId,
      fleet,
      availabilityZone,
      job: {
        id: job.id,
        wakes: job.wakes,
        ...(job.wokenAt !== undefined && { wokenAt: job.wokenAt }),
        ...(job.wokenMachine !== undefined && { wokenMachine: job.wokenMachine }),
      },
      reason:
        job === starving && capacity.idle > 0
          ? `job ${job.id} of ${job.repository} waits, and none of the fleet's ${capacity.idle} idle machines takes it`
          : `job ${job.id} of ${job.repository} waits, and the fleet's ${capacity.idle} idle and ` +
            `${capacity.waking} waking machines have others before it`,
    };
  });
  demand.starts.push(...starts);
  demand.spares.push(
    ...healthy
      .slice(starts.length)
      .map(({ instanceId, availabilityZone }) => ({ instanceId, fleet, availabilityZone })),
  );
  demand.counts.waiting += waiting.length;
  demand.counts.leftAlone += waiting.length - eligible.length;
  demand.counts.noMachine += missing.length - starts.length;
  demand.fleets[fleet] = { waiting: waiting.length, ...capacity, asleep: asleep.length };
}

/** Jobs that neither an idle nor a waking machine is there for. @param starving the one that counts on waking ones alone */
function withoutMachine(
  jobs: readonly WaitingJob[],
  capacity: Pick<Capacity, "idle" | "waking">,
  starving: WaitingJob | undefined,
): WaitingJob[] {
  let { idle, waking } = capacity;
  return jobs.filter((job) => {
    if (idle > 0 && job !== starving) idle -= 1;
    else if (waking > 0) waking -= 1;
    else return true;
    return false;
  });
}

/**
 * The job that no idle machine of its fleet takes, whatever the reason: the one
 * that has waited for longest, where no machine was started for any of late.
 *
 * @param waiting by age
 * @param all that count for the fleet
 */
function starvingJob(
  waiting: readonly WaitingJob[],
  all: readonly WaitingJob[],
  now: number,
): WaitingJob | undefined {
  const isLongAgo = (at: number) => now - at * 1000 > trustsIdleMs;
  if (all.some(({ wokenAt = 0 }) => !isLongAgo(wokenAt))) return undefined;
  return waiting.find(({ queuedAt, wakes }) => wakes < wakesPerJob && isLongAgo(queuedAt));
}

/**
 * @param own the jobs that count for this fleet
 * @param all every job: one may run on a machine of another fleet than it counts for
 */
function capacityOf(
  { roster = [] }: DemandFleet,
  own: readonly WaitingJob[],
  all: readonly WaitingJob[],
  { machines, now }: DemandInput,
): Capacity {
  const started = new Set(
    all.flatMap(({ wokenMachine, wokenAt = 0 }) =>
      wokenMachine !== undefined && now - wokenAt * 1000 < startSettlesMs ? [wokenMachine] : [],
    ),
  );
  const running = all.filter(({ state }) => state === "in_progress");
  const taken = new Set(running.map(({ runner }) => runner));
  const members = new Set(roster);
  const inService = machines.filter(({ instanceId }) => members.has(instanceId));

  const isWaking = ({ state, instanceId }: DemandMachine) =>
    state === "pending" || (state === "stopped" && started.has(instanceId));
  const up = inService.filter(
    ({ state, name, cannotTakeJobs }) => state === "running" && (!cannotTakeJobs || taken.has(name)),
  );
  const named = up.filter(({ name }) => taken.has(name)).length;
  // GitHub names the machine of every job that runs. Should it ever not, one of the fleet's has it.
  const unnamed = own.filter(({ state, runner }) => state === "in_progress" && runner === undefined).length;
  const busy = Math.min(up.length, named + unnamed);
  return {
    idle: up.length - busy,
    waking: inService.filter(isWaking).length,
    busy,
    asleep: inService.filter((machine) => machine.state === "stopped" && !isWaking(machine)),
  };
}

/** Each job once, as far as it has got, without those that have expired. */
function jobsThatCount({ jobs, now }: DemandInput): WaitingJob[] {
  const byId = new Map<string, WaitingJob>();
  for (const job of jobs) {
    if (!isCurrentJob(job, now)) continue;
    const other = byId.get(job.id);
    if (!other || jobStates.indexOf(other.state) < jobStates.indexOf(job.state)) byId.set(job.id, job);
  }
  return [...byId.values()];
}

/** Who was queued first; GitHub's ids grow, and tell apart what came in the same second. */
function byAge(one: WaitingJob, other: WaitingJob): number {
  return (
    one.queuedAt - other.queuedAt ||
    one.id.length - other.id.length ||
    (one.id < other.id ? -1 : Number(one.id > other.id))
  );
}
