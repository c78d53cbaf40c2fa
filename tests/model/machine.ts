import type { MachineState } from "../../contract/tags.ts";
import { abandon } from "./acquisitions.ts";
import { endAgent, startAgent } from "./agent.ts";
import { disturb, judgeEnd, judgeLeaving } from "./breaches.ts";
import { end } from "./listener.ts";
import { noteDesired } from "./parameters.ts";
import { tell } from "./trace.ts";
import type { Cause, Machine, PowerOffCause, World } from "./world.ts";
import { epoch } from "./world.ts";

const bootTimerMs = 60 * 60_000;

/** Launches an instance for a runner, which may have had others before. */
export function launch(world: World, runner: string): Machine {
  const instanceId = `i-${String(world.machines.length + 1).padStart(8, "0")}`;
  const machine: Machine = {
    name: `${runner}-${instanceId}`,
    runner,
    instanceId,
    state: "pending",
    shutdownBehavior: "stop",
    ending: false,
    launchedAt: 0,
    report: undefined,
    sleptWithoutReason: 0,
    boot: 0,
    timerAt: Infinity,
    goingDown: undefined,
    poweringOff: false,
    clockOffMs: 0,
    listed: false,
    registered: false,
    wasRegistered: false,
    needsToken: false,
    tokenAt: Infinity,
    diskFullUntil: 0,
    perfLostUntil: 0,
    untold: false,
    perf: [],
    log: [],
    listenerMark: undefined,
    listeners: [],
    updatingUntil: 0,
    agent: undefined,
    unlistedAt: -Infinity,
    wanted: undefined,
    temptedAt: -Infinity,
    leftOnReadAt: -Infinity,
    disturbedAt: 0,
  };
  world.machines.push(machine);
  noteDesired(world, machine);
  boot(world, machine);
  return machine;
}

/** The boot script arms its timer, registers at the first boot, and starts the agent. */
export function boot(world: World, machine: Machine): void {
  const { random, time } = world;
  const number = ++machine.boot;
  const isThis = () => machine.boot === number && machine.state === "running";
  const startAfter = (ms: number) => {
    time.after(ms, () => {
      if (!isThis()) return;
      if (!machine.wasRegistered) registerMachine(world, machine);
      machine.wasRegistered = true;
      startAgent(world, machine);
    });
  };
  machine.state = "pending";
  machine.launchedAt = time.now;
  tell(world, [machine.name], () => "boots");
  time.after(random.between(2000, 20_000), () => {
    if (machine.boot !== number || machine.state !== "pending") return;
    machine.state = "running";
    const timerAt = time.now + bootTimerMs;
    machine.timerAt = timerAt;
    time.at(timerAt, () => {
      if (isThis() && machine.timerAt === timerAt) shutDown(world, machine, "boot timer");
    });
    if (time.now < world.plan.calmAt && random.chance(world.plan.bootFails)) {
      tell(world, [machine.name], () => "the boot fails");
      report(world, machine, "boot-failed");
      if (random.chance(0.5)) startAfter(bootTimerMs + random.between(-5000, 40_000));
      return;
    }
    report(world, machine, "booting");
    startAfter(random.delay(3000, 40_000, 10, 180_000));
  });
}

/** Writes the tags of a machine about itself, if AWS answers. */
export function report(world: World, machine: Machine, state: MachineState, detail = ""): void {
  if (world.time.now < world.awsOutUntil) return;
  machine.report = { state, since: epoch + world.time.now + machine.clockOffMs, detail };
}

/** A registration replaces an entry of the same name. */
export function registerMachine(world: World, machine: Machine): void {
  machine.registered = true;
  disturb(world, machine);
  world.github.entries.push({
    machine,
    proven: world.parameters.declared.roster.includes(machine.instanceId),
    session: undefined,
    work: undefined,
    flag: { busy: false, from: 0 },
  });
}

/**
 * `shutdown` returns at once, and everything on the machine continues until the
 * delay locks are released. Neither another `shutdown` nor `shutdown -c`
 * changes anything then.
 */
export function shutDown(world: World, machine: Machine, cause: PowerOffCause): void {
  if (machine.state !== "running" || machine.goingDown) return;
  const { boot } = machine;
  if (cause === "agent") judgeLeaving(world, machine);
  tell(world, [machine.name], () => `is told to power off (${cause})`);
  machine.goingDown = cause;
  world.time.after(world.plan.delayLockMs, () => {
    if (machine.boot === boot) powerOff(world, machine, cause);
  });
}

/** The system goes down: everything on it ends at once, and the instance stops some time later. */
export function powerOff(world: World, machine: Machine, cause: Exclude<Cause, "outside">): void {
  const { random, time, tally } = world;
  if (machine.state !== "running") return;
  tell(world, [machine.name], () => `powers off (${cause})`);
  tally.powerOffs[cause]++;
  endEverything(world, machine, cause);
  machine.state = "stopping";
  time.after(random.between(3000, 60_000), () => {
    if (machine.shutdownBehavior === "stop") machine.state = "stopped";
    else terminate(world, machine);
    tell(world, [machine.name], () => machine.state);
  });
}

/** The instance restarts in the middle of everything. Either AWS or its owner does that. */
export function reboot(world: World, machine: Machine): void {
  if (machine.state !== "running") return;
  world.tally.reboots++;
  tell(world, [machine.name], () => "is rebooted from outside");
  endEverything(world, machine, "outside");
  machine.timerAt = Infinity;
  boot(world, machine);
}

export function terminate(world: World, machine: Machine, readAt?: number): void {
  machine.state = "terminated";
  world.tally.terminated++;
  judgeEnd(world, machine, readAt ?? machine.leftOnReadAt);
}

/** @returns whether EC2 starts it */
export function startInstance(world: World, machine: Machine): boolean {
  if (machine.state !== "stopped") return false;
  if (world.random.below(20) === 0) {
    tell(world, [machine.name], () => "there is no capacity to start it");
    return false;
  }
  world.tally.wakes++;
  boot(world, machine);
  return true;
}

function endEverything(world: World, machine: Machine, cause: Cause): void {
  endAgent(machine);
  for (const listener of machine.listeners) {
    const { ended, holds } = listener;
    end(world, listener, cause);
    if (!ended) continue;
    for (const job of holds) if (job.holder === listener) abandon(world, job, cause);
  }
  for (const listener of machine.listeners) listener.worker = false;
  machine.listeners = [];
  machine.listenerMark = undefined;
  machine.goingDown = undefined;
  machine.poweringOff = false;
  machine.updatingUntil = 0;
  machine.perfLostUntil = 0;
}
