import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../environment.ts";
import { instanceOf } from "../journey/one-runner.ts";
import { successor } from "../fleet-controls.ts";
import type { Instants } from "./instants.ts";
import { watchInstants } from "./instants.ts";
import { agentPace } from "./pace.ts";
import type { Place, Surroundings } from "./places.ts";
import { isIdle, readyMachine } from "./places.ts";
import type { OwnAct, Round } from "./plan.ts";

/**
 * Milliseconds from a change of the desired state, or a job's end, until the
 * machine is off. A machine that takes longer was forgotten.
 */
const leaveLimitMs = 60_000;
/** Milliseconds until a job on a listening machine is over. GitHub gives a lost job up sooner. */
const jobLimitMs = 40_000;
/** Several reads of the lists. */
const settledMs = 5000 * agentPace.pollSeconds;

/** Plays a round that concerns only one place. */
export async function playOwnRound(
  surroundings: Surroundings,
  place: Place,
  round: Round<OwnAct>,
): Promise<void> {
  const { environment, jobs } = surroundings;
  const machine = await readyMachine(environment, place);
  const instants = watchInstants(environment, machine, leaveLimitMs);
  try {
    const sending = jobs.put(round, machine.instanceId, instants);
    await plays[round.act](surroundings, place, instants, round);
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

const sleep: Play = async ({ environment, controls }, place, instants) => {
  const left = instants.watchLeaving();
  await controls.sleep(place.fleet);
  instants.tell("change");
  await left;
  await controls.wake(place.fleet, place.machine!);
  instants.tell("started");
  await readyMachine(environment, place);
};

/** The lists name another machine in its place, as after an `up` that replaced it. */
const retire: Play = async ({ controls }, place, instants) => {
  const left = instants.watchLeaving();
  await controls.list(place.fleet, [successor]);
  instants.tell("change");
  await left;
};

/**
 * The lists name the machine again, as when the configuration is reverted. The
 * machine stays, or has just gone.
 */
const recall: Play = async ({ environment, controls }, place, instants, { recallAfterMs }) => {
  const leaving = instants.watchLeaving();
  await controls.list(place.fleet, [successor]);
  instants.tell("change");
  await delay(recallAfterMs);
  await controls.list(place.fleet, [place.machine!]);
  // A machine that has not left when it has read the lists again does not leave any more.
  await delay(settledMs);
  await eventually(
    `${place.runner} stays or has gone`,
    () => isIdle(environment, place) || instanceOf(environment, place.machine!).state === "terminated",
    leaveLimitMs,
  );
  instants.close();
  await leaving;
};

const plays: Record<OwnAct, Play> = { sleep, recall, retire };
