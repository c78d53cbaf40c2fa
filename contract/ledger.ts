/*
 * The ledger: what a fleet's machines did, one line of JSON each, in the
 * fleet's log group and the machine's stream. Machines write it about
 * themselves, so it explains what was paid for and decides nothing.
 */

import { parseObject } from "./json.ts";

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
  endedAt: string;
  /** `Succeeded`, `Failed`, `Canceled`, … as the listener prints it; `Lost` when the worker vanished without a word. */
  result: string;
  /** The machine ended it, because it had run for longer than `autoShutdown.maxJobHours` and the limit is enforced. */
  overdue?: true;
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
    (value.overdue === undefined || value.overdue === true) &&
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
