import type { Decision } from "../../runtime/agent/decide.ts";
import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";
import { returnMs, stuckAfterMs, wantsToLeave } from "../../runtime/agent/decide.ts";
import { isHung } from "../../runtime/agent/hung-listener.ts";
import { isOverdue } from "../../runtime/agent/job-limit.ts";
import type { AgentMemory } from "../../runtime/agent/look.ts";
import { lookEveryMs, lookOver, newAgentMemory, sleepAtOf } from "../../runtime/agent/look.ts";
import type { SleepTime } from "../../runtime/agent/sleep-time.ts";
import { sleepTime } from "../../runtime/agent/sleep-time.ts";
import { powerOffForGood } from "./agent-leaving.ts";
import { perform } from "./agent-acts.ts";
import type { Eyes } from "./agent-eyes.ts";
import { lookAtListener, openEyes } from "./agent-eyes.ts";
import { disturb } from "./breaches.ts";
import { beginReading, fleetView } from "./fleet-reader.ts";
import type { FleetReader } from "./fleet-reader.ts";
import { nextChange } from "./next-change.ts";
import { settings } from "./settings.ts";
import { tempt } from "./tempt.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";

/** One run of the agent's process, from its start to its end. */
export interface Agent {
  machine: Machine;
  ended: boolean;
  reader: FleetReader;
  eyes: Eyes;
  sleepTime: SleepTime;
  memory: AgentMemory;
  /** Milliseconds from the log to the sockets in a look. */
  lookMs: number;
  /** Looks are due at `grid` and each period after it. */
  grid: number;
  /** Whether the last look included the sockets. */
  closely: boolean;
  /** The wait between two looks; undefined while a look or an action is in progress. */
  resting: { wakeAt: number } | undefined;
  /** Whether something changed while a look or an action was in progress. */
  stirred: boolean;
}

/** Milliseconds from look to look while nothing happens. */
export function period({ lookMs, closely }: Agent): number {
  return lookEveryMs + (closely ? lookMs : 0);
}

export function startAgent(world: World, machine: Machine): void {
  const { random, time } = world;
  const agent: Agent = {
    machine,
    ended: false,
    reader: beginReading(world, machine),
    eyes: openEyes(world),
    sleepTime: sleepTime(settings, { monotonic: () => time.now }, () => random.next()),
    memory: newAgentMemory(time.now),
    lookMs: world.plan.lookMs,
    grid: time.now,
    closely: false,
    resting: undefined,
    stirred: false,
  };
  machine.agent = agent;
  disturb(world, machine, machine.untold ? stuckAfterMs : 0);
  world.tally.agents++;
  tell(world, [machine.name], () => "the agent starts");
  if (machine.poweringOff) powerOffForGood(world, agent);
  else look(world, agent);
}

export function endAgent({ agent }: Machine): void {
  if (agent) agent.ended = true;
}

export function crashAgent(world: World, machine: Machine): void {
  const { agent } = machine;
  if (!agent || agent.ended) return;
  tell(world, [machine.name], () => "the agent dies");
  replaceAgent(world, machine);
}

/** systemd starts it again five seconds after its end, however it ended. */
export function replaceAgent(world: World, machine: Machine): void {
  const { boot } = machine;
  endAgent(machine);
  world.time.after(5000 + world.random.between(500, 3000), () => {
    if (machine.boot === boot && machine.state === "running") startAgent(world, machine);
  });
}

/** Continues in this run of the agent, if it has not ended by then. */
export function later(world: World, agent: Agent, ms: number, act: () => void): void {
  world.time.after(ms, () => {
    if (!agent.ended) act();
  });
}

/** One look: the files and processes first, sockets a moment later, then the decision. */
function look(world: World, agent: Agent): void {
  agent.resting = undefined;
  agent.stirred = false;
  const view = fleetView(world, agent.machine, agent.reader);
  const now = world.time.now;
  // The skipped looks would have seen the worker that the last look saw.
  const lastUsedAt = agent.eyes.workerAt === undefined ? agent.memory.lastUsedAt : now;
  const sleepAt = sleepAtOf({ lastUsedAt }, view, agent.sleepTime);
  const leave = wantsToLeave({ now, ...view, sleepAt });
  if (leave) agent.machine.leftOnReadAt = Math.min(...Object.values(agent.reader.readAt));
  const suspected = agent.machine.listeners.some(
    ({ ended, disconnectedAt }) => !ended && disconnectedAt !== undefined,
  );
  lookAtListener(world, agent, leave !== undefined || suspected, (listenerView) => {
    const { variant, time } = world;
    const come = lookOver(agent.memory, time.now, listenerView, view, {
      sleepTime: agent.sleepTime,
      quietMs: variant.quietMs,
      decide: (seen) => variant.decide(seen, world, agent.machine),
    });
    agent.memory = come.memory;
    const { seen, decision } = come;
    notice(world, agent, decision, seen);
    tempt(world, agent.machine, seen);
    const closely = leave !== undefined || suspected || (seen.job && !seen.worker);
    const wakeAt = nextChange(seen, agent, closely);
    if (decision.action === "stay") rest(world, agent, closely, wakeAt);
    else
      perform(world, agent, come, (until) => {
        rest(world, agent, closely, Math.min(until, wakeAt));
      });
  });
}

/** Counts decisions, and traces those that are new. */
function notice(
  world: World,
  agent: Agent,
  { action, state, detail }: Decision,
  seen: RunnerObservation,
): void {
  world.tally.decisions[action]++;
  agent.machine.needsToken = state === "needs-token";
  if (isOverdue(seen)) world.tally.overdue++;
  if (action === "end-listener" && isHung(seen)) world.tally.hung++;
  if (seen.missedAt !== undefined) disturb(world, agent.machine, seen.missedAt + returnMs - world.time.now);
  if (world.trace && (action !== "stay" || world.trace.at(-1)?.text !== `stay, ${state} ${detail}`)) {
    tell(world, [agent.machine.name], () => `${action}, ${state} ${detail}`);
  }
}

/** Looks again at `wakeAt`, or when something has changed that a look would see. */
export function rest(world: World, agent: Agent, closely: boolean, wakeAt: number): void {
  agent.grid = world.time.now + lookEveryMs;
  agent.closely = closely;
  agent.resting = { wakeAt: world.plan.everyLook || agent.stirred ? agent.grid : wakeAt };
  if (agent.resting.wakeAt < Infinity) wakeAfter(world, agent, agent.resting.wakeAt);
}

/** Looks again after a moment, whatever happens. */
export function lookAfter(world: World, agent: Agent, ms: number): void {
  later(world, agent, ms, () => {
    look(world, agent);
  });
}

/**
 * Something has changed on a machine. A look that would see and decide the same
 * as the last one is skipped: the next look is made when it would have been
 * made anyway.
 *
 * @param closely only a look at the sockets would see the change
 */
export function wakeAgent(world: World, { agent }: Machine, closely?: "closely"): void {
  if (!agent || agent.ended) return;
  if (!agent.resting) agent.stirred = true;
  else if (!closely || agent.closely) wakeAfter(world, agent, world.time.now);
}

function wakeAfter(world: World, agent: Agent, moment: number): void {
  const { resting, grid } = agent;
  const every = period(agent);
  const at = grid + Math.max(0, Math.ceil((moment - grid) / every)) * every;
  world.time.at(at, () => {
    if (agent.ended || agent.resting !== resting) return;
    agent.grid = at;
    look(world, agent);
  });
}
