import { fleetForLabels } from "../../../contract/job-labels.ts";
import type { LabelledFleet } from "../../../contract/job-labels.ts";
import { isCurrentJob, jobStates } from "../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";

/*
 * Which sleeping machines to start for queued jobs.
 *
 * The decision rests on what EC2 describes and on GitHub's signed deliveries
 * about jobs. A job with Docker is root on its machine and can forge the
 * machine's report, so reports count only in one row of the second table.
 *
 * An `in_progress` job names its machine, so the jobs show which machines are
 * busy. A lost delivery makes that wrong. Where a GitHub App is configured, the
 * sweep (controller/sweep/) corrects each of these within minutes:
 *
 * | lost delivery of a job      | until then                                | what it costs                              |
 * | --------------------------- | ----------------------------------------- | ------------------------------------------ |
 * | `queued`                    | the job is not known                      | no machine is woken for it                 |
 * | `in_progress`               | the job counts as waiting and its machine | afterwards two machines are started for    |
 * |                             | as idle: they cancel each other out for   | it, one after the other                    |
 * |                             | `trustsIdleMs`                            |                                            |
 * | `completed`                 | its machine counts as busy, until it      | at most one machine too many is started    |
 * |                             | sleeps, has another job, or five days     |                                            |
 * |                             | have passed                               |                                            |
 * | `completed`, when it was    | the job counts as waiting, and is         | as many machines are woken for it as for   |
 * | cancelled in the queue      | forgotten after a day                     | any other job, `wakesPerJob`               |
 *
 * | a running machine that      | counts                                                                                 |
 * | --------------------------- | -------------------------------------------------------------------------------------- |
 * | reports nothing (its boot   | as idle, until a job has waited beside it for `trustsIdleMs`                           |
 * | hangs)                      |                                                                                        |
 * | reports that it cannot take | not at all. If that is forged, still no more machines are started than jobs wait for   |
 * | jobs                        |                                                                                        |
 * | is on no roster: not yet    | not at all, and it is not started when it sleeps                                       |
 * | proven, or no longer needed |                                                                                        |
 */

/** A fleet as waiting jobs see it. */
export interface DemandFleet extends LabelledFleet {
  /** Ids of its machines in service. Undefined: could not be read, so nothing is started. */
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
  /** True unless the budget or an operator's override forbids starting it. Working hours do not count. */
  mayStart: boolean;
  /** It reports that it cannot take jobs. */
  cannotTakeJobs?: boolean;
  /** Its last start failed: others are started before it. */
  hasFailedToStart?: boolean;
}

export interface DemandInput {
  /** The items of the table, including expired ones. */
  jobs: readonly WaitingJob[];
  /** In the order of the configuration. */
  fleets: readonly DemandFleet[];
  machines: readonly DemandMachine[];
  /** The fleet that jobs without labels count for. */
  emptyLabels?: string;
  /** Machines that are started for one job until it has been seen at GitHub, see {@link wakesPerJob}. */
  maxWakes: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Number of machines that are started for one job, one after the other. After
 * that, something other than a missing machine holds the job (`max-parallel`,
 * `concurrency`), or the job has ended and the delivery was lost.
 */
export const wakesPerJob = 2;

/**
 * Seconds after the last wake of a job that has used up its wakes. If the sweep
 * sees it queued at GitHub after that, it gets one wake more: the job still
 * exists, and GitHub documents no delivery for the end of what held it. That is
 * at most one machine an hour for a job that is held, and none without a sweep.
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
 * Milliseconds after a start during which a machine counts as waking although
 * EC2 still describes it as stopped: EC2's descriptions may be that late.
 */
export const startSettlesMs = 90_000;

/**
 * Milliseconds that a job waits for machines that count as idle, since it was
 * queued or a machine was last started for it. After that, perhaps none of them
 * can take it, and another one is started. As the job itself may be held, this is
 * done only for the first {@link wakesPerJob} machines of a job, and for one job
 * of a fleet in this time.
 */
export const trustsIdleMs = 15 * 60_000;

/** A machine to start, and the job that it is started for. */
export interface DemandStart {
  instanceId: string;
  fleet: string;
  availabilityZone: string;
  /** The job, with its wakes before this one. */
  job: Pick<WaitingJob, "id" | "wakes" | "wokenAt" | "wokenMachine">;
  /** A sentence for the log. */
  reason: string;
}

/** A sleeping machine that was not chosen. It is tried if the zone of the chosen one has no capacity. */
export type Spare = Pick<DemandStart, "instanceId" | "fleet" | "availabilityZone">;

export interface FleetDemand {
  waiting: number;
  idle: number;
  waking: number;
  busy: number;
  asleep: number;
}

export interface Demand {
  /** In the order in which the jobs were queued. Each machine and each job occurs once at most. */
  starts: DemandStart[];
  spares: Spare[];
  counts: {
    /** Queued jobs that count for a fleet. */
    waiting: number;
    /** Queued jobs with labels that no fleet has (any more). */
    unmatched: number;
    /** Of the waiting jobs: those that have used up their wakes. */
    leftAlone: number;
    /** Of the waiting jobs: those for which no machine is left that may be started. */
    noMachine: number;
  };
  /** The counts, by fleet. */
  fleets: Record<string, FleetDemand>;
}

/**
 * Chooses as many sleeping machines as waiting jobs lack. Equal input gives
 * equal machines, so two concurrent controllers start the same ones, which for
 * EC2 is one start.
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

/** Counts of a fleet's machines. */
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

/** Jobs left over once each idle and waking machine is matched to one. @param starving is matched to waking ones only */
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
 * The job that no idle machine of its fleet takes, for whatever reason: the one
 * that has waited longest, unless a machine was started for any job recently.
 *
 * @param waiting by age
 * @param all jobs that count for the fleet
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
 * @param all every job: a job may run on a machine of a fleet other than the one that it counts for
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
  // GitHub names the machine of every running job. If it does not, one of the fleet's machines is assumed to have it.
  const unnamed = own.filter(({ state, runner }) => state === "in_progress" && runner === undefined).length;
  const busy = Math.min(up.length, named + unnamed);
  return {
    idle: up.length - busy,
    waking: inService.filter(isWaking).length,
    busy,
    asleep: inService.filter((machine) => machine.state === "stopped" && !isWaking(machine)),
  };
}

/** Each job once, in its latest state, without expired ones. */
function jobsThatCount({ jobs, now }: DemandInput): WaitingJob[] {
  const byId = new Map<string, WaitingJob>();
  for (const job of jobs) {
    if (!isCurrentJob(job, now)) continue;
    const other = byId.get(job.id);
    if (!other || jobStates.indexOf(other.state) < jobStates.indexOf(job.state)) byId.set(job.id, job);
  }
  return [...byId.values()];
}

/** By the time of queueing; GitHub's ids, which increase, decide between jobs of the same second. */
function byAge(one: WaitingJob, other: WaitingJob): number {
  return (
    one.queuedAt - other.queuedAt ||
    one.id.length - other.id.length ||
    (one.id < other.id ? -1 : Number(one.id > other.id))
  );
}
