import { setTimeout as delay } from "node:timers/promises";
import { machineName, runnerName } from "../../contract/names.ts";
import { tags } from "../../contract/tags.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { programsOf } from "../journey/machine-processes.ts";
import { instanceOf, rosterOf } from "../journey/one-runner.ts";
import { successor } from "../wishes.ts";
import type { Wishes } from "../wishes.ts";
import type { Instants, WatchedMachine } from "./instants.ts";
import { watchInstants } from "./instants.ts";
import type { Jobs } from "./jobs.ts";
import { agentPace } from "./pace.ts";
import type { Round } from "./plan.ts";

/** A fleet of one runner, so that a job which asks for its label meets one machine at a time. */
export interface Place {
  fleet: string;
  runner: string;
  /** Instance id; undefined: it is gone, and the engine has not made another yet. */
  machine: string | undefined;
}

export interface Surroundings {
  environment: TestEnvironment;
  wishes: Wishes;
  jobs: Jobs;
}

/** From a wish, or a job's end, to the machine being off; what takes longer has been forgotten. */
const leaveLimitMs = 60_000;
/** Until a machine that was started, or made, listens. */
const readyLimitMs = 60_000;
/** Until a job on a machine that listens is over. Longer than GitHub takes to give a lost one up. */
const jobLimitMs = 40_000;
/** Several reads of the lists. */
const settledMs = 5000 * agentPace.pollSeconds;

export function placeNamed(fleet: string): Place {
  return { fleet, runner: runnerName("local", fleet, 1), machine: undefined };
}

/** The machine of a place, once it is idle. */
export async function readyMachine(environment: TestEnvironment, place: Place): Promise<WatchedMachine> {
  const { runner, machine } = place;
  const instanceId = machine!;
  await eventually(`${runner} (${instanceId}) is idle`, () => isIdle(environment, place), readyLimitMs);
  return { runner, instanceId, listener: programsOf(environment, instanceId).listener! };
}

function isIdle(environment: TestEnvironment, { runner, machine }: Place): boolean {
  const { state, tags: told } = instanceOf(environment, machine!);
  const { github } = environment.cloud;
  const name = machineName(runner, machine!);
  return (
    state === "running" &&
    told[tags.state] === "idle" &&
    github.runners().some((entry) => entry.name === name && (entry.session?.openPolls ?? 0) > 0) &&
    !github.jobs().some((job) => job.runner?.name === name && job.status === "in_progress")
  );
}

/** Plays a round that concerns one place alone. */
export async function playOwnRound(surroundings: Surroundings, place: Place, round: Round): Promise<void> {
  const { environment, jobs } = surroundings;
  const machine = await readyMachine(environment, place);
  const instants = watchInstants(environment, machine, leaveLimitMs);
  try {
    const sending = jobs.put(round, machine.instanceId, instants);
    await plays[round.act as keyof typeof plays](surroundings, place, instants, round);
    await Promise.race([sending, delay(jobLimitMs, undefined, { ref: false })]);
    instants.close();
    const sent = await sending;
    if (instanceOf(environment, machine.instanceId).state === "terminated") place.machine = undefined;
    else await jobs.over(sent, jobLimitMs);
  } finally {
    instants.close();
  }
}

type Play = (surroundings: Surroundings, place: Place, instants: Instants, round: Round) => Promise<void>;

const sleep: Play = async ({ environment, wishes }, place, instants) => {
  const left = instants.watchLeaving();
  await wishes.sleep(place.fleet);
  instants.tell("wish");
  await left;
  await wishes.wake(place.fleet, place.machine!);
  instants.tell("started");
  await readyMachine(environment, place);
};

/** The lists name another machine in its stead, as after an `up` that replaced it. */
const retire: Play = async ({ wishes }, place, instants) => {
  const left = instants.watchLeaving();
  await wishes.list(place.fleet, [successor]);
  instants.tell("wish");
  await left;
};

/** As when the configuration goes back to what it was. The machine stays, or has just gone. */
const recall: Play = async ({ environment, wishes }, place, instants, { recallAfterMs }) => {
  const leaving = instants.watchLeaving();
  await wishes.list(place.fleet, [successor]);
  instants.tell("wish");
  await delay(recallAfterMs);
  await wishes.list(place.fleet, [place.machine!]);
  // What has not left when it has read the lists again does not leave any more.
  await delay(settledMs);
  await eventually(
    `${place.runner} stays or has gone`,
    () => isIdle(environment, place) || instanceOf(environment, place.machine!).state === "terminated",
    leaveLimitMs,
  );
  instants.close();
  await leaving;
};

const plays = { sleep, recall, retire };

/** Takes the machines on the rosters for those of the places. */
export function takeMachines(environment: TestEnvironment, places: readonly Place[]): void {
  for (const place of places) place.machine = rosterOf(environment, place.fleet)[0]!;
}
