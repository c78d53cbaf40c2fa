import { readFile } from "node:fs/promises";
import { declaredRunners } from "../../config/declared-runners.ts";
import { explained, Failure, sentenceOf } from "../../contract/failure.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { VerbContext } from "../context.ts";
import type { Environment } from "../environment.ts";
import { BadUsage, NotFinished } from "../exit-codes.ts";
import { replaceFile } from "../replace-file.ts";
import { stamped } from "../terminal/elapsed.ts";
import type { RotateFlags } from "./rotate-flags.ts";
import { abandon, carryOut } from "./carry-out.ts";
import type { Progress, RotationWorld } from "./carry-out.ts";
import { checkCommittable, committedFile } from "./commit-file.ts";
import { checkGenerations, chooseRunners } from "./choose-runners.ts";
import { journalPath, readJournal, writeJournal } from "./journal-file.ts";
import { currentBatch, isHalfWay, newJournal } from "./journal.ts";
import type { RotationBatch, Journal } from "./journal.ts";
import { planRotation } from "./plan-rotation.ts";
import { parseRequest, chooseRotation } from "./parse-request.ts";
import type { RotationRequest } from "./parse-request.ts";
import { oldMachines, servingMachines } from "./serving-machines.ts";
import type { OldMachine } from "./serving-machines.ts";
import {
  describeAgeLimit,
  describeBatches,
  describeOldMachine,
  describePlan,
  describeStop,
  describeUnfinished,
} from "./tell-rotation.ts";

type Outside = Pick<
  VerbContext,
  "clock" | "output" | "isCi" | "confirm" | "connectAws" | "openEngine" | "watchInterruption"
>;

/** What `longhaul rotate --json` prints, also of a plan with `--dry-run`. */
export interface RotationReport {
  environment: string;
  state: "planned" | "finished" | "abandoned" | "unfinished";
  /** Why it does not continue, if it is unfinished. */
  stopped?: string;
  batches: Pick<Journal["batches"][number], "steps" | "phase">[];
  /** Replaced machines that still exist. */
  oldMachines: OldMachine[];
}

/**
 * The body of `longhaul rotate`: chooses a new rotation or the unfinished one, and
 * carries it out.
 *
 * @throws BadUsage before anything is changed; NotFinished if it was interrupted; Failure if it failed
 */
export async function rotate(outside: Outside, environment: Environment, flags: RotateFlags): Promise<void> {
  const { output } = outside;
  const asked = parseRequest(flags);
  const path = journalPath(environment);
  const last = await readJournal(path);
  const choice = chooseRotation(asked, last, environment.name);
  if (choice.kind === "nothing-left") {
    output.say(choice.why);
    return;
  }
  const journal = choice.kind === "go-on" ? choice.journal : undefined;
  if (journal) output.say(`Unfinished: ${describeUnfinished(journal)}.`);
  if (asked.kind !== "abandon" && !flags.dryRun) {
    const commit = flags.commit ?? journal?.commit ?? false;
    await checkCommit(environment.stackFile, {
      commit,
      isCi: outside.isCi,
      batch: journal && currentBatch(journal),
    });
  }

  const aws = await outside.connectAws(environment.target);
  const ready = journal
    ? { ...journal, commit: flags.commit ?? journal.commit }
    : await plan(outside, environment, flags, asked, aws);
  if (!ready) return;
  if (flags.dryRun) {
    if (flags.json) output.result(JSON.stringify(reportOf(ready, { state: "planned" })));
    else if (journal) for (const line of describeBatches(journal)) output.result(line);
    return;
  }
  if (!journal && !flags.yes && !(await outside.confirm("Rotate them?"))) {
    throw new Failure("Nothing was changed.");
  }
  const { journal: now, stop } = await work(outside, environment, path, asked, ready);
  const old = await lookBack(outside, environment, aws, now);
  if (flags.json) {
    const state = now.ended?.how ?? "unfinished";
    output.result(JSON.stringify(reportOf(now, { state, ...(stop && { stopped: stop.kind }), old })));
  }
  if (!stop) {
    output.say(now.ended?.how === "abandoned" ? "The rotation is given up." : "The rotation is finished.");
    return;
  }
  const words = describeStop(stop, now, environment.stackFile);
  throw stop.kind === "interrupted" || stop.kind === "locked" ? new NotFinished(words) : new Failure(words);
}

/** @throws BadUsage if a commit is needed and not asked for, or asked for and not possible */
async function checkCommit(
  stackFile: string,
  { commit, isCi, batch }: { commit: boolean; isCi: boolean; batch: RotationBatch | undefined },
): Promise<void> {
  if (commit) {
    await checkCommittable(stackFile, { mayHaveChanges: batch !== undefined && isHalfWay(batch) });
  } else if (isCi) {
    throw new BadUsage(
      "In CI (the variable CI is set) a rotation needs --commit: the raised generation would be lost with the checkout, " +
        "and the next up would take the new machines back.",
    );
  }
}

/** The journal of a new rotation, after its plan is shown; undefined if no runner is to be rotated. */
async function plan(
  { clock, output }: Outside,
  environment: Environment,
  { atOnce, commit = false, dryRun, json }: RotateFlags,
  asked: RotationRequest,
  aws: Aws,
): Promise<Journal | undefined> {
  const selection = asked.kind === "rotate" ? asked.selection : {};
  const configured = declaredRunners(environment.name, environment.configuration);
  const fleets = Object.keys(environment.configuration.fleets);
  const now = clock.now();
  // A mistyped name is reported before AWS is asked.
  chooseRunners(selection, configured, new Map(), now);
  const machines = await servingMachines(aws, environment.name, fleets);
  checkGenerations(configured, machines);
  const runners = chooseRunners(selection, configured, machines, now);
  const { olderThan } = selection;
  if (olderThan !== undefined) output.say(describeAgeLimit(olderThan, now));
  if (runners.length === 0) {
    output.say(`No machine of ${environment.name} is older than ${olderThan ?? ""}: nothing to rotate.`);
    return undefined;
  }
  const batches = planRotation(runners, machines, atOnce);
  // With --dry-run the plan is the verb's result.
  const tell = dryRun && !json ? output.result : output.say;
  for (const line of describePlan(batches, machines, now)) tell(line);
  const startedAt = new Date(now).toISOString();
  return newJournal({ environment: environment.name, startedAt, selection, atOnce, commit }, batches);
}

/** Carries the rotation out, or gives it up. Ctrl-C is only noted in that time. */
async function work(
  { clock, output, openEngine, watchInterruption }: Outside,
  environment: Environment,
  path: string,
  asked: RotationRequest,
  journal: Journal,
): Promise<Progress> {
  const say = withSeconds(output.say, clock.now);
  const { stackFile } = environment;
  const interruption = watchInterruption();
  interruption.asked.addEventListener("abort", () => {
    say("interrupted: the engine finishes what it has begun first");
  });
  try {
    const world: RotationWorld = {
      clock,
      say,
      engine: await openEngine(environment, { say, interruption }),
      stackFile: {
        read: () => readFile(stackFile, "utf8"),
        write: (text) => replaceFile(stackFile, text),
      },
      repository: committedFile(stackFile),
      save: (next) => writeJournal(path, next),
      isInterrupted: () => interruption.asked.aborted,
    };
    await world.save(journal);
    const proceed = asked.kind === "abandon" ? abandon : carryOut;
    return await proceed(journal, world).catch((error: unknown) => {
      const goOn = `"longhaul rotate --stack ${environment.name} --resume" goes on from there`;
      throw explained(
        error,
        (why) => `${why}\nThe journal ${path} records how far the rotation came; ${goOn}.`,
      );
    });
  } finally {
    interruption.stop();
  }
}

/** Reports replaced machines that still run a job. The command does not wait for them. */
async function lookBack(
  { output }: Outside,
  { name, target }: Environment,
  aws: Aws,
  journal: Journal,
): Promise<OldMachine[]> {
  const relieved = journal.batches.filter(({ phase }) => phase === "done").flatMap(({ steps }) => steps);
  if (relieved.length === 0) return [];
  try {
    const old = oldMachines(relieved, await observeMachines({ ec2: aws.instances }, { environment: name }));
    for (const machine of old) output.say(describeOldMachine(machine, target.github.url));
    return old;
  } catch (error) {
    // The rotation is done, and only this report is missing.
    output.say(`The state of the old machines could not be read: ${sentenceOf(error, output.say)}`);
    return [];
  }
}

function reportOf(
  { environment, batches }: Journal,
  { state, stopped, old = [] }: { state: RotationReport["state"]; stopped?: string; old?: OldMachine[] },
): RotationReport {
  return {
    environment,
    state,
    ...(stopped !== undefined && { stopped }),
    batches: batches.map(({ steps, phase }) => ({ steps, phase })),
    oldMachines: old,
  };
}

function withSeconds(say: (line: string) => void, now: () => number): (line: string) => void {
  const started = now();
  return (line) => {
    say(stamped(now() - started, line));
  };
}
