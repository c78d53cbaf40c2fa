import type { Override } from "../../contract/override.ts";
import { crashAgent, wakeAgent } from "./agent.ts";
import { disturb } from "./breaches.ts";
import { wakeReader } from "./fleet-reader.ts";
import { entryOf, queueJob } from "./github.ts";
import { exit } from "./listener.ts";
import { startInstance, reboot } from "./machine.ts";
import { currentSettings, writeLists, writeSettings } from "./parameters.ts";
import type { Happening } from "./plan.ts";
import { hang } from "./polling.ts";
import { drop, name, rotate } from "./program.ts";
import { removeEntry } from "./sessions.ts";
import { settle } from "./settle.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";
import { epoch } from "./world.ts";

/** Lets something happen to the environment from outside. */
export function happen(world: World, happening: Happening): void {
  const { time } = world;
  const machine = machineOf(world, "machine" in happening ? happening.machine : 0);
  tell(world, "machine" in happening ? [machine.name] : [], () =>
    JSON.stringify({ ...happening, at: undefined }),
  );
  switch (happening.what) {
    case "job":
      queueJob(
        world,
        happening.ms,
        happening.only === undefined ? undefined : machineOf(world, happening.only),
      );
      break;
    case "power":
      writeSettings(world, { power: { power: happening.power, by: happening.by, reason: "the model" } });
      break;
    case "override":
      writeOperator(world, happening);
      break;
    case "rotate":
      rotate(world, machine, happening.fails);
      break;
    case "drop":
      drop(world, machine);
      break;
    case "name":
      name(world, machine);
      break;
    case "empty-lists":
      writeSettings(world, { candidates: [], roster: [] });
      break;
    case "mend-lists":
      writeLists(world);
      break;
    case "close":
    case "reopen":
      close(world, happening.what === "close");
      break;
    case "settle":
      settle(world);
      break;
    case "damage":
      world.parameters.damagedUntil[happening.parameter] = time.now + happening.forMs;
      recoverAfter(world, happening.forMs);
      break;
    case "aws-out":
      world.awsOutUntil = time.now + happening.forMs;
      recoverAfter(world, happening.forMs);
      break;
    case "end-refused":
      world.endRefusedUntil = time.now + happening.forMs;
      break;
    case "unregister":
      unregister(world, machine);
      break;
    case "reboot":
      reboot(world, machine);
      break;
    case "agent-dies":
      crashAgent(world, machine);
      break;
    case "listener-dies":
      for (const listener of machine.listeners) if (!listener.ended) exit(world, listener, 2);
      break;
    case "listener-hangs":
      for (const listener of machine.listeners) hang(world, listener);
      break;
    case "start-by-hand":
      startInstance(world, machine);
      break;
    case "update":
      update(world, machine);
      break;
    case "clock":
      machine.clockOffMs += happening.byMs;
      disturb(world, machine);
      wakeAgent(world, machine);
      break;
    case "disk-full":
      machine.diskFullUntil = time.now + happening.forMs;
  }
}

/** GitHub refuses that while the runner has a job. */
function unregister(world: World, machine: Machine): void {
  const entry = entryOf(world, machine);
  if (!entry || entry.work) return;
  disturb(world, machine);
  removeEntry(world, entry, "outside");
}

function machineOf({ machines }: World, number: number): Machine {
  return machines[number % machines.length]!;
}

function recoverAfter(world: World, ms: number): void {
  world.time.after(ms, () => {
    recover(world);
  });
}

function close(world: World, closing: boolean): void {
  writeSettings(world, { override: { ...currentSettings(world).override!, closing } });
}

/** Makes readable again what could not be read. */
export function recover(world: World): void {
  for (const machine of world.machines) {
    disturb(world, machine);
    wakeReader(world, machine);
  }
}

function writeOperator(
  world: World,
  { runner, power, forMs }: Extract<Happening, { what: "override" }>,
): void {
  const operator = currentSettings(world).override!;
  const until = forMs === undefined ? {} : { until: new Date(epoch + world.time.now + forMs).toISOString() };
  const override: Override | undefined = power && { power, by: "alice", reason: "the model", ...until };
  if (runner === undefined) {
    const { closing, runners } = operator;
    writeSettings(world, { override: { closing, runners, ...(override && { fleet: override }) } });
    return;
  }
  const own = machineOf(world, runner).runner;
  const others = Object.entries(operator.runners).filter(([name]) => name !== own);
  const runners = { ...Object.fromEntries(others), ...(override && { [own]: override }) };
  writeSettings(world, { override: { ...operator, runners } });
}

/** The listener downloads a new version of itself, takes no job meanwhile, and leaves the rest to a script. */
function update(world: World, machine: Machine): void {
  const listener = machine.listeners.find(({ ended, session }) => !ended && session);
  if (!listener || listener.dispatched || listener.holds.length > 0) return;
  listener.updating = true;
  world.time.after(world.random.between(5000, 60_000), () => {
    listener.updating = false;
    if (listener.ended || listener.frozen || listener.dispatched) return;
    machine.updatingUntil = world.time.now + world.random.delay(3000, 40_000, 20, 400_000);
    disturb(world, machine, machine.updatingUntil - world.time.now);
    world.time.at(machine.updatingUntil, () => {
      wakeAgent(world, machine);
    });
    exit(world, listener, 3);
  });
}
