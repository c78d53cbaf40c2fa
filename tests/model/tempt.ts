import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";
import { stuckAfterMs } from "../../runtime/agent/decide.ts";
import { queueJob } from "./github.ts";
import type { Machine, World } from "./world.ts";

const maxTemptations = 4;

/**
 * Queues a job so that it is offered about when an agent would end its
 * listener, the moment for which the protocol exists.
 */
export function tempt(world: World, machine: Machine, seen: RunnerObservation): void {
  const { random, plan, time } = world;
  if (plan.temptation === 0 || time.now > plan.calmAt) return;
  const leaveAt = seen.job && !seen.worker ? seen.lastActivityAt + stuckAfterMs : leavesAt(seen);
  if (
    Math.abs(leaveAt - machine.temptedAt) < 5000 ||
    leaveAt === Infinity ||
    world.tempted === maxTemptations
  )
    return;
  machine.temptedAt = leaveAt;
  if (!random.chance(plan.temptation)) return;
  world.tempted++;
  time.at(leaveAt + random.between(-1000, 800), () => {
    queueJob(world, random.between(2000, 400_000));
  });
}

/** When the agent would leave; infinity if it would not, as things are. */
function leavesAt({
  now,
  listing,
  mayRetire,
  power,
  lastActivityAt,
  quietMs,
  sleepAt,
}: RunnerObservation): number {
  const retires = listing === "none" && mayRetire;
  return Math.max(now, lastActivityAt + quietMs, retires || power?.by === "budget" ? 0 : sleepAt);
}
