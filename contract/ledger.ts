/*
 * The ledger: what a fleet's machines did, one line of JSON each, in the
 * fleet's log group and the machine's stream. Machines write it about
 * themselves, so it explains what was paid for and decides nothing.
 */

import { parseObject } from "./json.ts";

/**
 * Why a job ended other than by itself, where the machine knows. `Canceled`
 * alone does not tell a person's click from the runner's own doing.
 */
export const jobEndCauses = [
  "cancelled", // at GitHub: by a person, a newer run, `timeout-minutes`
  "overdue", // by the machine, after `autoShutdown.maxJobHours`, where that is enforced
  "second-job", // GitHub assigned the runner another job, and the runner cancelled the one that it had
  "poll-errors", // the runner gave up polling after ten errors, and cancelled its job
  "registration-gone", // GitHub no longer knew the runner, which cancelled its job
  "version-refused", // GitHub no longer took the runner's version, and the runner cancelled its job
  "lock-lost", // GitHub no longer took the runner's renewals
  "listener-ended", // the listener was shut down or killed, for another reason than these
  "worker-ended", // the worker crashed or was killed
  "machine-ended", // the machine went down with the job on it
] as const;
export type JobEndCause = (typeof jobEndCauses)[number];

/** One finished job. */
export interface LedgerRecord {
  /** Version of this shape. */
  v: 1;
  kind?: never;
  environment: string;
  fleet: string;
  runner: string;
  /** The machine's name at GitHub. */
  machine: string;
  instanceType: string;
  /** What the job's start hook saw; null where the hook did not run. */
  repository: string | null;
  workflow: string | null;
  runId: string | null;
  runAttempt: string | null;
  job: string | null;
  /** ISO 8601 in UTC. When the listener received the job's message. */
  receivedAt: string;
  /** When the listener announced the job; null if it never started. */
  startedAt: string | null;
  /** Of a job whose end nobody saw: when it last gave a sign of life. */
  endedAt: string;
  /**
   * `Succeeded`, `Failed`, `Canceled`, `Abandoned`, … as the listener says, or its worker where the listener has died.
   * `Lost`: it was on its way and never came to an end. `Unknown`: its worker went on without a listener, and no log of
   * it is left.
   */
  result: string;
  cause?: JobEndCause;
}

/** A machine was ready: its listener started for the first time since the machine did. */
export interface StartRecord extends PowerRecord {
  kind: "start";
  /** From the beginning of the boot script until {@link PowerRecord.at}. */
  bootSeconds: number;
}

/** A machine was about to power off by its own decision. One that goes down otherwise says nothing. */
export interface StopRecord extends PowerRecord {
  kind: "stop";
}

interface PowerRecord {
  /** Version of this shape. */
  v: 1;
  environment: string;
  fleet: string;
  runner: string;
  /** The machine's name at GitHub. */
  machine: string;
  instanceType: string;
  /** ISO 8601 in UTC. */
  at: string;
}

export type LedgerLine = LedgerRecord | StartRecord | StopRecord;

/**
 * One line of a fleet's log group.
 *
 * @returns undefined for what is none of the ledger's: other streams, other versions, damage
 */
export function parseLedgerLine(text: string): LedgerLine | undefined {
  const value = parseObject(text);
  if (value?.v !== 1 || !hasTexts(value, ["environment", "fleet", "runner", "machine", "instanceType"])) {
    return undefined;
  }
  return isJob(value) || isPower(value) ? value : undefined;
}

type Unknown = Record<string, unknown>;

function isJob(value: Unknown): value is Unknown & LedgerRecord {
  const facts = ["repository", "workflow", "runId", "runAttempt", "job"];
  return (
    value.kind === undefined &&
    hasTexts(value, ["result"]) &&
    isMoment(value.receivedAt) &&
    (value.startedAt === null || isMoment(value.startedAt)) &&
    isMoment(value.endedAt) &&
    (value.cause === undefined || jobEndCauses.some((cause) => cause === value.cause)) &&
    facts.every((fact) => value[fact] === null || typeof value[fact] === "string")
  );
}

function isPower(value: Unknown): value is Unknown & (StartRecord | StopRecord) {
  if (!isMoment(value.at)) return false;
  if (value.kind === "stop") return true;
  const { bootSeconds } = value;
  return (
    value.kind === "start" &&
    typeof bootSeconds === "number" &&
    Number.isFinite(bootSeconds) &&
    bootSeconds >= 0
  );
}

function hasTexts(value: Unknown, keys: readonly string[]): boolean {
  return keys.every((key) => typeof value[key] === "string");
}

function isMoment(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
