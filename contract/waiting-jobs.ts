/**
 * The contract between the webhook's receiver and the controller: the items of
 * the table of waiting jobs, and the messages of the controller's queue. The
 * readers here never throw: what cannot be read is treated as absent.
 */

import { isCount, isObject, parseObject } from "./json.ts";
import { written } from "./written.ts";

/** States of a job in the order in which it passes through them. GitHub's deliveries may arrive in another order. */
export const jobStates = ["queued", "in_progress", "completed"] as const;
export type JobState = (typeof jobStates)[number];

/** One job: one item of the table, its key is {@link id}. All times are seconds since the epoch. */
export interface WaitingJob {
  /** GitHub's id of the workflow job, in decimal digits. Each attempt of a run has jobs of its own. */
  id: string;
  /** `owner/name` */
  repository: string;
  /** The job's `runs-on` labels, as GitHub writes them. */
  labels: readonly string[];
  state: JobState;
  /** When the job was queued. */
  queuedAt: number;
  /** When {@link state} was written. */
  at: number;
  /** From then on the item does not count; DynamoDB deletes it some days later. */
  expiresAt: number;
  /** Name at GitHub of the machine that runs the job, once it is known. */
  runner?: string;
  /** How many machines were started for it. */
  wakes: number;
  /** When a machine was last started for it. */
  wokenAt?: number;
  /** Instance id of that machine. */
  wokenMachine?: string;
  /** When the sweep saw it queued at GitHub, long after its last wake: see runtime/functions/controller/demand.ts. */
  seenAt?: number;
}

const hour = 3600;
const day = 24 * hour;

/**
 * Seconds that an item counts after its state was written.
 *
 * - GitHub cancels a job that has been queued for a day, and one that a
 *   self-hosted runner has had for five.
 * - A `completed` stays as a tombstone for three days, in which people can make
 *   GitHub redeliver the job's `queued`, and one day more.
 */
export const secondsThatCount: Readonly<Record<JobState, number>> = {
  queued: day,
  in_progress: 5 * day + hour,
  completed: 4 * day,
};

/** The states that may change to this one: the earlier ones. */
export function statesBefore(state: JobState): JobState[] {
  return jobStates.slice(0, jobStates.indexOf(state));
}

export function isJobState(value: unknown): value is JobState {
  return jobStates.some((state) => state === value);
}

/** True while an item counts. DynamoDB deletes expired items late. @param now milliseconds since the epoch */
export function isCurrentJob(job: Pick<WaitingJob, "expiresAt">, now: number): boolean {
  return now < job.expiresAt * 1000;
}

/** Parses a job from its item; undefined if the item has another form. */
export function parseWaitingJob(value: unknown): WaitingJob | undefined {
  if (!isObject(value)) return undefined;
  const { id, repository, labels, state, queuedAt, at, expiresAt, runner } = value;
  const { wakes, wokenAt, wokenMachine, seenAt } = value;
  if (!isJobId(id) || typeof repository !== "string" || !isJobState(state)) return undefined;
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) return undefined;
  if (!isCount(queuedAt) || !isCount(at) || !isCount(expiresAt)) return undefined;
  return written<WaitingJob>({
    id,
    repository,
    labels,
    state,
    queuedAt,
    at,
    expiresAt,
    wakes: isCount(wakes) ? wakes : 0,
    runner: typeof runner === "string" ? runner : undefined,
    wokenAt: isCount(wokenAt) ? wokenAt : undefined,
    wokenMachine: typeof wokenMachine === "string" ? wokenMachine : undefined,
    seenAt: isCount(seenAt) ? seenAt : undefined,
  });
}

/** The version of the queue's messages that this code writes and reads. */
const messageVersion = 1;

/**
 * "Look at the table": a job has been queued. It is only a hint. The controller
 * decides by the table, which it also reads each minute, so a lost, late or
 * duplicate message changes only the moment.
 */
export interface JobMessage {
  kind: "job";
  /** As in {@link WaitingJob}. For the log. */
  id: string;
  repository: string;
}

export function formatJobMessage({ id, repository }: Omit<JobMessage, "kind">): string {
  return JSON.stringify({ v: messageVersion, kind: "job", id, repository });
}

/** Parses a message of the queue; undefined for another form or version. */
export function parseJobMessage(text: string): JobMessage | undefined {
  const value = parseObject(text);
  if (value?.v !== messageVersion || value.kind !== "job") return undefined;
  const { id, repository } = value;
  return isJobId(id) && typeof repository === "string" ? { kind: "job", id, repository } : undefined;
}

function isJobId(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,20}$/.test(value);
}
