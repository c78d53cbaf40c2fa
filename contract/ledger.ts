/*
 * The ledger: what a fleet's machines did, one line of JSON for each record, in
 * the fleet's log group and the machine's stream. Machines write it about
 * themselves, so it explains costs and decides nothing.
 */

import { parseObject } from "./json.ts";

/**
 * Why a job did not end by itself, if the machine knows. `Canceled` alone does
 * not distinguish a person's click from an action of the runner.
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

/** Days that CloudWatch keeps the ledger's lines: a year, and one month to evaluate it. */
export const ledgerDays = 400;

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
  /** When the job ended. If its end was not observed, when it last showed a sign of life. */
  endedAt: string;
  /**
   * `Succeeded`, `Failed`, `Canceled`, `Abandoned`, … as the listener reports it, or the worker if the listener has
   * died. `Lost`: the job was under way and never finished. `Unknown`: its worker continued without a listener, and
   * left no log.
   */
  result: string;
  cause?: JobEndCause;
}

/** A machine became ready: its listener started for the first time since the boot. */
export interface StartRecord extends PowerRecord {
  kind: "start";
  /** From the beginning of the boot script until {@link PowerRecord.at}. */
  bootSeconds: number;
}

/** A machine was about to power itself off. A machine that stops in another way writes nothing. */
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
 * Parses one line of a fleet's log group.
 *
 * @returns undefined for a line of another stream or version, or a damaged one
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
