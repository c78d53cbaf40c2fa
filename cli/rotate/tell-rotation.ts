import { formatMoment } from "../../contract/moment.ts";
import { formatAge } from "../times/age.ts";
import { parseSpan } from "../times/span.ts";
import type { ServingMachine } from "./choose-runners.ts";
import { currentBatch } from "./journal.ts";
import type { Journal } from "./journal.ts";
import type { RotationStep } from "./plan-rotation.ts";
import type { OldMachine } from "./serving-machines.ts";
import type { Stop } from "./stop.ts";

/** Runners with their generations, as one half of a sentence. */
export function listRunners(steps: readonly RotationStep[]): string {
  return steps.map(({ runner, from, to }) => `${runner} (generation ${from} → ${to})`).join(", ");
}

/** The machines that `--older-than` selects. @param olderThan a span of time as it was written */
export function describeAgeLimit(olderThan: string, now: number): string {
  return `Older than ${olderThan}: made before ${formatMoment(now - parseSpan(olderThan)!)}.`;
}

/** A plan, one line for each runner. @param now milliseconds since the epoch */
export function describePlan(
  plan: readonly (readonly RotationStep[])[],
  machines: ReadonlyMap<string, ServingMachine>,
  now: number,
): string[] {
  return plan.flatMap((steps, batch) =>
    steps.map(({ runner, from, to }) => {
      const has = describeServing(machines.get(runner), now);
      return `batch ${batch + 1} of ${plan.length}: ${runner}, generation ${from} → ${to}, ${has}`;
    }),
  );
}

function describeServing(machine: ServingMachine | undefined, now: number): string {
  if (!machine) return "has no machine in service";
  const { createdAt } = machine;
  const age = createdAt === undefined ? "unknown age" : `${formatAge(now - Date.parse(createdAt))} old`;
  return `now ${machine.instanceId}, ${age}`;
}

/** What a replaced machine still does. @param githubUrl where its job's page is */
export function describeOldMachine(
  { runner, instanceId, isBusy, job }: OldMachine,
  githubUrl: string,
): string {
  const what = `${runner}: its old machine ${instanceId}`;
  if (!isBusy) return `${what} ends itself now.`;
  return `${what} still runs ${job === undefined ? "a job" : `${githubUrl}/${job}`} and ends itself when it is over.`;
}

/** Subject and body of the commit of one batch. */
export function commitMessage(environment: string, steps: readonly RotationStep[]): string {
  const subject = `Rotate ${steps.length === 1 ? steps[0]!.runner : `${steps.length} runners`} of ${environment}`;
  return [subject, "", ...steps.map(({ runner, from, to }) => `${runner}: generation ${from} -> ${to}`)].join(
    "\n",
  );
}

/** A journal's rotation in one sentence, for a person who finds it unfinished. */
export function describeUnfinished(journal: Journal): string {
  const done = journal.batches.filter(({ phase }) => phase === "done").length;
  const current = currentBatch(journal);
  const at = current ? `, now at ${listRunners(current.steps)}` : "";
  return `the rotation of ${journal.environment} begun at ${journal.startedAt} (${done} of ${journal.batches.length} batches done${at})`;
}

/** How far each batch of a rotation is, one line each. */
export function describeBatches({ batches }: Journal): string[] {
  return batches.map(
    ({ steps, phase }, index) => `batch ${index + 1} of ${batches.length}: ${phase}: ${listRunners(steps)}`,
  );
}

/** Why a rotation does not continue, and how to continue it. */
export function describeStop(stop: Stop, journal: Journal, stackFile: string): string {
  const { environment } = journal;
  const rotate = (flag: string) => `longhaul rotate --stack ${environment} --${flag}`;
  const runners = listRunners(currentBatch(journal)?.steps ?? []);
  switch (stop.kind) {
    case "taken-back":
      return (
        `The rotation of ${runners} failed:\n${indented(stop.words)}\n` +
        "The batch was taken back: the stack file is as it was before, and the machines that were in service still are. " +
        `Correct the cause, then "${rotate("resume")}" tries the batch again; "${rotate("abandon")}" ends the rotation here.`
      );
    case "not-taken-back":
      return (
        `The rotation of ${runners} failed:\n${indented(stop.failure)}\n` +
        `The stack file is as it was before, but the up that applies it failed too:\n${indented(stop.words)}\n` +
        "The machines that were in service still are. " +
        `Correct the cause, then "${rotate("resume")}" goes on taking the batch back.`
      );
    case "edited":
      if (journal.ended) {
        return (
          `The rotation is given up. ${stackFile} was changed while it ran, so the file was left as it is, and the batch ${runners} is unfinished. ` +
          `Write the generations as you want them, and apply them with "pulumi up --stack ${environment}".`
        );
      }
      return (
        `${stackFile} was changed since the rotation was planned, so it was left as it is, and nothing more was done. ` +
        `The rotation is at ${runners}. Undo the change and go on with "${rotate("resume")}", ` +
        `or write the generations as you want them, apply them with "pulumi up --stack ${environment}", and give the rotation up with "${rotate("abandon")}".`
      );
    case "interrupted":
      return (
        `Interrupted at ${runners}. Until its new machine is in service, the old one stays. ` +
        `"${rotate("resume")}" goes on from here; "${rotate("abandon")}" gives the rotation up${whatIsGivenUp(journal)}.`
      );
    case "locked":
      return (
        `Another operation on the stack ${environment} is under way:\n${indented(stop.words)}\n` +
        `When it has ended, go on with "${rotate("resume")}". If it died and left its lock, "pulumi cancel --stack ${environment}" frees the stack first.`
      );
  }
}

/** What `--abandon` will do about the current batch. */
function whatIsGivenUp(journal: Journal): string {
  const phase = currentBatch(journal)?.phase;
  return phase === "raised" || phase === "failed" ? " and takes this batch back" : "";
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
