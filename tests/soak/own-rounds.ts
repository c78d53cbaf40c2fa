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

/** From a wish, or a job's end, to the machine being off; what takes longer has been forgotten. */
const leaveLimitMs = 60_000;
/** Until a job on a machine that listens is over. Longer than GitHub takes to give a lost one up. */
const jobLimitMs = 40_000;
/** Several reads of the lists. */
const settledMs = 5000 * agentPace.pollSeconds;

/** Plays a round that concerns one place alone. */
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

const plays: Record<OwnAct, Play> = { sleep, recall, retire };
