import type { Decision } from "../../runtime/agent/decide.ts";
import { orDie } from "./agent-acts.ts";
import { later } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { maxRefusals } from "../../runtime/agent/leaving.ts";
import { afterRefusal } from "../../runtime/agent/look.ts";
import { askAgainMs } from "../../runtime/agent/powering-off.ts";
import { disturb } from "./breaches.ts";
import { report, shutDown } from "./machine.ts";
import type { World } from "./world.ts";

/* As in runtime/agent/leaving.ts and powering-off.ts. */

/** A call to AWS takes effect in its middle, whatever happens to the caller. */
function callAws(world: World, agent: Agent, serve: () => boolean, then: (done: boolean) => void): void {
  const { random, time } = world;
  if (time.now < world.awsOutUntil) {
    later(world, agent, random.between(2000, 30_000), () => {
      disturb(world, agent.machine);
      then(false);
    });
    return;
  }
  time.after(random.delay(20, 300, 20, 3000), () => {
    const done = serve();
    later(world, agent, random.delay(20, 300, 20, 3000), () => {
      orDie(world, agent, () => {
        then(done);
      });
    });
  });
}

/**
 * As in runtime/agent/powering-off.ts: from now on the agent does nothing else,
 * and neither does an agent that comes after it.
 */
export function powerOffForGood(world: World, agent: Agent): void {
  agent.machine.poweringOff = true;
  orDie(world, agent, () => {
    askToPowerOff(world, agent, () => {
      orDie(world, agent, () => {
        disturb(world, agent.machine, askAgainMs);
        later(world, agent, askAgainMs, () => {
          powerOffForGood(world, agent);
        });
      });
    });
  });
}

/** Runs the command, which sometimes fails. */
export function askToPowerOff(world: World, agent: Agent, then: (done: boolean) => void): void {
  later(world, agent, world.random.between(50, 300), () => {
    const done = world.random.below(100) > 0;
    if (done) shutDown(world, agent.machine, "agent");
    then(done);
  });
}

/** Leaves in this order: ledger, shutdown behaviour, report, power. */
export function leave(
  world: World,
  agent: Agent,
  { action: by, detail }: Decision & { action: "sleep" | "retire" },
  again: () => void,
): void {
  const { machine } = agent;
  const tellAws = (next: () => void, serve = () => true) => {
    callAws(world, agent, serve, next);
  };
  const askPowerOff = () => {
    world.variant.powerOff(world, agent, again);
  };
  const reportAndPowerOff = () => {
    tellAws(askPowerOff, () => {
      report(world, machine, by === "sleep" ? "asleep" : "retired", detail);
      return true;
    });
  };
  const refused = () => {
    agent.memory = afterRefusal(agent.memory, world.time.now);
    disturb(world, machine, agent.memory.leavingDueAt - world.time.now);
    again();
  };
  const setEnd = () => {
    if (by === "sleep" && !machine.ending) {
      reportAndPowerOff();
      return;
    }
    machine.ending = true;
    const serve = () => {
      if (world.time.now < world.endRefusedUntil) return false;
      machine.shutdownBehavior = by === "sleep" ? "stop" : "terminate";
      return true;
    };
    callAws(world, agent, serve, (done) => {
      if (!done && (by === "sleep" || agent.memory.refusals + 1 < maxRefusals)) {
        refused();
        return;
      }
      if (by === "sleep") machine.ending = false;
      reportAndPowerOff();
    });
  };
  if (world.random.chance(0.3)) tellAws(setEnd);
  else setEnd();
}
