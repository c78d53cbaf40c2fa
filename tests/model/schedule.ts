import { restAfterBootMs } from "../../contract/asleep.ts";
import type { Breach, Tally } from "./breaches.ts";
import { isUnderWay, judgeRest, newTally, restlessness } from "./breaches.ts";
import { control } from "./controller.ts";
import { launch } from "./machine.ts";
import { happen, recover } from "./outside.ts";
import { newParameters, writeLists, writeSettings } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import { randomFrom } from "./random.ts";
import { settle } from "./settle.ts";
import { timeline } from "./timeline.ts";
import type { Variant } from "./variants.ts";
import { product } from "./variants.ts";
import type { TraceLine, World } from "./world.ts";

export interface ScheduleOutcome {
  breaches: readonly Breach[];
  tally: Tally;
  trace: readonly TraceLine[];
}

const minute = 60_000;
const settleEveryMs = 5 * minute;
const restEveryMs = 2 * minute;

/**
 * Lives through one schedule: the happenings of its plan, then calm, until all
 * is at rest.
 *
 * @param tally is counted up here
 */
export function live(
  plan: Plan,
  { variant = product, tally = newTally(), traced = false } = {},
): ScheduleOutcome {
  const world = newWorld(plan, variant, tally, traced);
  const { time, breaches } = world;
  for (const happening of plan.happenings) {
    time.at(happening.at, () => {
      happen(world, happening);
    });
  }
  time.at(plan.calmAt, () => {
    calm(world);
  });
  const jobsMs = plan.happenings.reduce((sum, one) => sum + (one.what === "job" ? one.ms : 0), 0);
  const state = { atRest: false };
  const everyMinute = () => {
    control(world);
    time.after(minute, everyMinute);
  };
  time.after(minute, everyMinute);
  const askForRest = () => {
    state.atRest = isAtRest(world);
    time.after(restEveryMs, askForRest);
  };
  time.at(plan.calmAt + minute, askForRest);
  // If a boot failed shortly before, the machine rests, is started again, and comes up.
  const until = plan.calmAt + jobsMs + restAfterBootMs + 4 * 60 * minute;
  while (!state.atRest && breaches.length === 0 && time.step(until));
  if (!state.atRest && breaches.length === 0) judgeRest(world);
  return { breaches, tally, trace: world.trace ?? [] };
}

function newWorld(plan: Plan, variant: Variant, tally: Tally, traced: boolean): World {
  const world: World = {
    plan,
    variant,
    random: randomFrom(plan.seed ^ 0x5bd1e995),
    time: timeline(),
    github: { entries: [], jobs: [], matching: false },
    parameters: newParameters(plan),
    machines: [],
    awsOutUntil: 0,
    endRefusedUntil: 0,
    sockets: 0,
    tempted: 0,
    tally,
    breaches: [],
    trace: traced ? [] : undefined,
  };
  const machines = Array.from({ length: plan.machines }, (_, index) =>
    launch(world, `dev-cloud-${index + 1}`),
  );
  const ids = machines.map(({ instanceId }) => instanceId);
  world.parameters.declared = { candidates: ids, roster: ids };
  writeLists(world);
  return world;
}

/** Repairs what was broken, and keeps the desired state constant from now on. */
function calm(world: World): void {
  const { time, plan, parameters, machines } = world;
  world.awsOutUntil = time.now;
  world.endRefusedUntil = time.now;
  for (const name of ["candidates", "roster", "power", "override"] as const)
    parameters.damagedUntil[name] = time.now;
  for (const machine of machines) {
    machine.clockOffMs = 0;
    machine.diskFullUntil = Math.min(machine.diskFullUntil, time.now);
  }
  parameters.declared.candidates = parameters.declared.roster;
  const { power, closing } = plan.last;
  writeSettings(world, {
    candidates: parameters.declared.candidates,
    roster: parameters.declared.roster,
    power: { power, by: "working-hours", reason: "the model" },
    override: { closing, runners: {} },
    // Idle machines sleep by now. The judge checks those that are awake from here on.
    limits: { minimumAwake: 0 },
  });
  recover(world);
  const settleAgain = () => {
    settle(world);
    time.after(settleEveryMs, settleAgain);
  };
  settleAgain();
}

function isAtRest(world: World): boolean {
  return world.machines.every((machine) => restlessness(world, machine) === undefined) && !isUnderWay(world);
}
