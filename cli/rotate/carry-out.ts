import { Fault } from "../../contract/failure.ts";
import type { Clock } from "../clock.ts";
import type { Engine } from "../engine/engine.ts";
import { currentBatch, withCurrent } from "./journal.ts";
import type { RotationBatch, Journal } from "./journal.ts";
import { generationIn, raiseGenerations } from "./generations.ts";
import type { Stop } from "./stop.ts";
import { commitMessage, listRunners } from "./tell-rotation.ts";

/** The collaborators of a rotation. */
export interface RotationWorld {
  clock: Pick<Clock, "now">;
  /** One line of progress. */
  say: (line: string) => void;
  engine: Engine;
  /** The stack file; it is replaced as a whole or not at all. */
  stackFile: { read(): Promise<string>; write(text: string): Promise<void> };
  /** The stack file in version control. */
  repository: {
    /** True if the file differs from the last commit. */
    hasChanges(): Promise<boolean>;
    /** Commits the file alone. */
    commit(message: string): Promise<void>;
  };
  /** Saves the journal; the next step is done only after that. */
  save(journal: Journal): Promise<void>;
  /** True if an end was requested. */
  isInterrupted(): boolean;
}

/** The result of a rotation. */
export interface Progress {
  journal: Journal;
  /** Absent: it is finished. */
  stop?: Stop;
}

/**
 * Carries a rotation out, or continues it. The journal names each step before it
 * is done, and each step is idempotent, so a crash anywhere costs no more than a
 * repetition.
 *
 * @throws what the collaborators throw; the journal then says where to continue
 */
export async function carryOut(journal: Journal, world: RotationWorld): Promise<Progress> {
  for (let batch = currentBatch(journal); batch; batch = currentBatch(journal)) {
    if (world.isInterrupted()) return { journal, stop: { kind: "interrupted" } };
    const next = await advance(batch, journal, world);
    if ("stop" in next) return { journal, stop: next.stop };
    journal = withCurrent(journal, next);
    await world.save(journal);
    if (next.phase === "taken-back") {
      return { journal, stop: { kind: "taken-back", words: next.failure ?? "" } };
    }
  }
  return { journal: await end(journal, "finished", world) };
}

/**
 * Gives up an unfinished rotation: a batch that is half done is undone, and
 * earlier batches stay.
 *
 * @throws what the collaborators throw
 */
export async function abandon(journal: Journal, world: RotationWorld): Promise<Progress> {
  let batch = currentBatch(journal);
  if (batch?.phase === "raised") {
    batch = { ...batch, phase: "failed", failure: "it was given up" };
    journal = withCurrent(journal, batch);
    await world.save(journal);
  }
  if (batch?.phase === "failed") {
    const next = await takeBack(batch, world);
    if ("stop" in next) {
      // The person who has changed the file decides what it says.
      return next.stop.kind === "edited"
        ? { journal: await end(journal, "abandoned", world), stop: next.stop }
        : { journal, stop: next.stop };
    }
    journal = withCurrent(journal, next);
  }
  return { journal: await end(journal, "abandoned", world) };
}

/** Does the work of the batch's phase. @returns the batch in its next phase */
function advance(
  batch: RotationBatch,
  journal: Journal,
  world: RotationWorld,
): Promise<RotationBatch | { stop: Stop }> {
  switch (batch.phase) {
    case "planned":
    case "taken-back":
      return begin(batch, journal, world);
    case "raised":
      return bringUp(batch, journal, world);
    case "proven":
      return commit(batch, journal, world);
    case "failed":
      return takeBack(batch, world);
    case "done":
      throw new Fault("A batch that is done has nothing to do.");
  }
}

async function begin(
  { steps }: RotationBatch,
  { commit }: Journal,
  { stackFile, repository }: RotationWorld,
): Promise<RotationBatch | { stop: Stop }> {
  const before = await stackFile.read();
  const isAsPlanned = steps.every((step) => generationIn(before, step) === step.from);
  // Other changes of the file would get into the batch's commit.
  if (!isAsPlanned || (commit && (await repository.hasChanges()))) return { stop: { kind: "edited" } };
  raiseGenerations(before, steps); // Throws while nothing has begun.
  return { steps, phase: "raised", before };
}

async function bringUp(
  batch: RotationBatch,
  { batches, commit }: Journal,
  { say, stackFile, engine }: RotationWorld,
): Promise<RotationBatch | { stop: Stop }> {
  const { before, raised } = textsOf(batch);
  const now = await stackFile.read();
  if (now !== before && now !== raised) return { stop: { kind: "edited" } };
  const count = `batch ${batches.findIndex(({ steps }) => steps === batch.steps) + 1} of ${batches.length}`;
  say(`${count}: ${listRunners(batch.steps)}`);
  if (now === before) await stackFile.write(raised);
  const outcome = await engine.up();
  switch (outcome.kind) {
    case "done":
      say(`${count}: in service`);
      return { ...batch, phase: commit ? "proven" : "done" };
    case "failed":
      return { ...batch, phase: "failed", failure: outcome.words };
    case "locked":
    case "interrupted":
      return { stop: outcome };
  }
}

async function commit(
  batch: RotationBatch,
  { environment }: Journal,
  { say, stackFile, repository }: RotationWorld,
): Promise<RotationBatch | { stop: Stop }> {
  // It may have been committed before a crash, or by hand.
  if (await repository.hasChanges()) {
    if ((await stackFile.read()) !== textsOf(batch).raised) return { stop: { kind: "edited" } };
    await repository.commit(commitMessage(environment, batch.steps));
    say("the stack file is committed");
  }
  return { ...batch, phase: "done" };
}

async function takeBack(
  batch: RotationBatch,
  { say, stackFile, engine }: RotationWorld,
): Promise<RotationBatch | { stop: Stop }> {
  const { before, raised } = textsOf(batch);
  const now = await stackFile.read();
  if (now !== before && now !== raised) return { stop: { kind: "edited" } };
  say("taking the batch back: the stack file has its earlier text again");
  if (now === raised) await stackFile.write(before);
  const outcome = await engine.up();
  switch (outcome.kind) {
    case "done":
      say("everything is as it was before the batch");
      return { ...batch, phase: "taken-back" };
    case "failed":
      return { stop: { kind: "not-taken-back", words: outcome.words, failure: batch.failure ?? "" } };
    case "locked":
    case "interrupted":
      return { stop: outcome };
  }
}

/** The stack file's text before a batch that has begun, and with it. */
function textsOf({ before, steps }: RotationBatch): { before: string; raised: string } {
  if (before === undefined) throw new Fault("The journal lacks the stack file's text of before the batch.");
  return { before, raised: raiseGenerations(before, steps) };
}

async function end(journal: Journal, how: "finished" | "abandoned", world: RotationWorld): Promise<Journal> {
  const ended: Journal = { ...journal, ended: { at: new Date(world.clock.now()).toISOString(), how } };
  await world.save(ended);
  return ended;
}
