import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { rotationSelection } from "./choose-runners.ts";
import type { RotationSelection } from "./choose-runners.ts";
import type { RotationStep } from "./plan-rotation.ts";

/**
 * How far a batch is. Each name says what has been decided. The work of a phase
 * may be not begun, half done or done, and is done again after a crash: every
 * phase is idempotent.
 *
 * | phase | what is done in it |
 * | --- | --- |
 * | `planned` | nothing yet |
 * | `raised` | the stack file gets the batch's generations, and `up` makes and proves the machines |
 * | `proven` | the new machines are in service; the stack file is committed where that was asked |
 * | `done` | nothing any more |
 * | `failed` | the stack file gets its text from before the batch again, and `up` applies it |
 * | `taken-back` | nothing: everything is as before the batch, which can be begun again |
 */
const phases = ["planned", "raised", "proven", "done", "failed", "taken-back"] as const;
export type RotationPhase = (typeof phases)[number];

const stepSchema = z.strictObject({
  fleet: z.string(),
  number: z.int(),
  runner: z.string(),
  from: z.int(),
  to: z.int(),
  machine: z.string().nullable(),
});

const batchSchema = z.strictObject({
  steps: z.array(stepSchema),
  phase: z.enum(phases),
  /** The stack file's text before the batch; present from `raised` on. */
  before: z.string().exactOptional(),
  /** Why it was undone. */
  failure: z.string().exactOptional(),
});
export type RotationBatch = z.output<typeof batchSchema>;

export const journalSchema = z.strictObject({
  version: z.literal(1),
  environment: z.string(),
  /** ISO 8601 in UTC. */
  startedAt: z.string(),
  /** What the command line asked for. */
  selection: rotationSelection,
  atOnce: z.int(),
  /** Whether the stack file is committed after each batch. */
  commit: z.boolean(),
  batches: z.array(batchSchema),
  /** Absent while the rotation can still be continued. */
  ended: z.strictObject({ at: z.string(), how: z.enum(["finished", "abandoned"]) }).exactOptional(),
});

/** One rotation of an environment, saved before each step. */
export type Journal = z.output<typeof journalSchema>;

/** The journal of a rotation that has not begun. */
export function newJournal(
  options: Pick<Journal, "environment" | "startedAt" | "selection" | "atOnce" | "commit">,
  plan: readonly (readonly RotationStep[])[],
): Journal {
  return {
    version: 1,
    ...options,
    batches: plan.map((steps) => ({ steps: [...steps], phase: "planned" })),
  };
}

/** The batch that is under way or comes next; undefined when all are done. */
export function currentBatch({ batches }: Journal): RotationBatch | undefined {
  return batches.find(({ phase }) => phase !== "done");
}

/** True if the stack file contains, or may contain, a part of a batch. */
export function isHalfWay({ phase }: RotationBatch): boolean {
  return phase === "raised" || phase === "proven" || phase === "failed";
}

/** The journal after a change of its current batch. */
export function withCurrent(journal: Journal, changed: RotationBatch): Journal {
  const current = currentBatch(journal);
  return { ...journal, batches: journal.batches.map((batch) => (batch === current ? changed : batch)) };
}

/** True if a command line asks for the rotation of this journal. */
export function isSameRotation(
  { selection, atOnce }: Journal,
  asked: { selection: RotationSelection; atOnce: number },
): boolean {
  return isDeepStrictEqual(ordered(selection), ordered(asked.selection)) && atOnce === asked.atOnce;
}

function ordered({ fleet, runners, all, olderThan }: RotationSelection): RotationSelection {
  return {
    ...(fleet !== undefined && { fleet }),
    ...(runners && { runners: [...new Set(runners)].sort() }),
    ...(all && { all }),
    ...(olderThan !== undefined && { olderThan }),
  };
}
