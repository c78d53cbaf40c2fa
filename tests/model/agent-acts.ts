import type { Action } from "../../runtime/agent/decide.ts";
import type { Look } from "../../runtime/agent/look.ts";
import { afterAskingForToken, afterBootTimer, afterListenerStart } from "../../runtime/agent/look.ts";
import { forgetExit, hasEnded, watchNew } from "./agent-eyes.ts";
import { leave } from "./agent-leaving.ts";
import { crashAgent, later, lookAfter } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { endJob } from "./job-steps.ts";
import { freeze, startProcess, thaw } from "./listener.ts";
import { registerMachine } from "./machine.ts";
import { settings } from "./settings.ts";
import type { World } from "./world.ts";

/*
 * The actions of runtime/agent/supervisor.ts, with the time that they take and
 * their possible failures.
 */

const endLookMs = 50;

/** @param rest looks again at this moment, or when something has changed */
export function perform(world: World, agent: Agent, come: Look, rest: (until: number) => void): void {
  const { random, time } = world;
  const { decision, dueAt, nextMs } = come;
  const { action } = decision;
  if (time.now < dueAt) {
    rest(dueAt);
    return;
  }
  const soon = random.chance(world.plan.load) ? random.between(8, 2500) : random.between(0.2, 8);
  later(world, agent, soon, () => {
    const again = () => {
      lookAfter(world, agent, nextMs);
    };
    if (action === "sleep" || action === "retire") leave(world, agent, { ...decision, action }, again);
    else if (action === "register") register(world, agent, again);
    else act(world, agent, action, again);
  });
}

function act(
  world: World,
  agent: Agent,
  action: Exclude<Action, "sleep" | "retire" | "register">,
  again: () => void,
): void {
  const { machine, eyes } = agent;
  switch (action) {
    case "stay":
      break;
    case "cancel-boot-timer":
      cancelBootTimer(world, agent, again);
      break;
    case "start-listener":
      agent.memory = afterListenerStart(agent.memory);
      machine.perf = [];
      machine.log = [];
      machine.untold = false;
      start(world, agent, again);
      break;
    case "freeze":
      if (eyes.current) freeze(world, eyes.current);
      orDie(world, agent, again);
      break;
    case "thaw":
      if (eyes.current) thaw(eyes.current);
      orDie(world, agent, again);
      break;
    case "end-job":
    case "kill-job":
      // Only the worker that was seen.
      if (eyes.works?.worker && eyes.works.workerSince === eyes.workerSince) {
        endJob(world, eyes.works, action);
        eyes.toldToEndAt ??= world.time.now;
      }
      orDie(world, agent, again);
      break;
    case "end-listener":
      if (eyes.current) world.variant.endListener(world, eyes.current);
      orDie(world, agent, () => {
        awaitEnd(world, agent, again);
      });
  }
}

/** Runs config.sh, if there is a token. */
function register(world: World, agent: Agent, again: () => void): void {
  const { machine } = agent;
  agent.memory = afterAskingForToken(agent.memory, world.time.now, settings.pollMs);
  if (world.time.now < machine.tokenAt) {
    again();
    return;
  }
  later(world, agent, world.random.between(2000, 15_000), () => {
    machine.tokenAt = Infinity;
    registerMachine(world, machine);
    world.tally.registeredAnew++;
    forgetExit(agent.eyes);
    again();
  });
}

function cancelBootTimer(world: World, agent: Agent, again: () => void): void {
  later(world, agent, world.random.between(20, 150), () => {
    const { machine } = agent;
    const isTooLate = machine.goingDown !== undefined && world.variant.hearsOf.includes(machine.goingDown);
    if (world.random.below(50) > 0 && !isTooLate) {
      machine.timerAt = Infinity;
      agent.memory = afterBootTimer(agent.memory);
    }
    again();
  });
}

/** Dies here if this agent is one that dies, and continues otherwise. */
export function orDie(world: World, agent: Agent, next: () => void): void {
  if (world.time.now < world.plan.calmAt && world.random.chance(world.plan.nervous))
    crashAgent(world, agent.machine);
  else next();
}

function start(world: World, agent: Agent, again: () => void): void {
  const { machine } = agent;
  const listener = startProcess(world, machine);
  world.tally.starts++;
  const mark = () => {
    machine.listenerMark = listener;
    watchNew(world, agent.eyes, listener);
    again();
  };
  // In rare cases it dies after the process was started and before its file says so.
  if (world.random.chance(0.1)) orDie(world, agent, mark);
  else mark();
}

function awaitEnd(world: World, agent: Agent, again: () => void): void {
  if (hasEnded(world, agent)) {
    again();
    return;
  }
  later(world, agent, endLookMs, () => {
    awaitEnd(world, agent, again);
  });
}
