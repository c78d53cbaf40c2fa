import { entryOf, isOnline, queueJob } from "./github.ts";
import { launch } from "./machine.ts";
import { writeSettings } from "./parameters.ts";
import { settle } from "./settle.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";

/* The effects of `pulumi up` on a fleet: machines → proof → service. */

const proofMs = 20 * 60_000;
const askEveryMs = 10_000;

/** A new machine replaces an old one: it is declared, awaited and proven, and only then in service. */
export function rotate(world: World, old: Machine, fails: boolean): void {
  const { declared } = world.parameters;
  if (!declared.roster.includes(old.instanceId)) return;
  const next = launch(world, old.runner);
  const instead = (ids: readonly string[]) => ids.map((id) => (id === old.instanceId ? next.instanceId : id));
  declared.candidates = instead(declared.candidates);
  writeSettings(world, { candidates: declared.candidates });
  queueJob(world, 20_000, next);
  const until = world.time.now + proofMs;
  const ask = () => {
    const { now } = world.time;
    if (now > Math.min(until, world.plan.calmAt)) return;
    const entry = entryOf(world, next);
    if (!entry || !isOnline(world, entry)) {
      world.time.after(askEveryMs, ask);
      return;
    }
    if (fails) {
      tell(world, [next.name], () => "up fails: the new machine does not prove itself");
      return;
    }
    entry.proven = true;
    declared.roster = instead(declared.roster);
    writeSettings(world, { roster: declared.roster });
    settleSoon(world);
  };
  world.time.after(askEveryMs, ask);
}

/** The machine is removed: from the candidates first, from the roster a moment later. */
export function drop(world: World, { instanceId }: Machine): void {
  const { declared } = world.parameters;
  const without = (ids: readonly string[]) => ids.filter((id) => id !== instanceId);
  declared.candidates = without(declared.candidates);
  writeSettings(world, { candidates: declared.candidates });
  writeRosterSoon(world, () => without(declared.roster));
}

/** The machine is in service again, as after a return to an older configuration. */
export function name(world: World, machine: Machine): void {
  if (machine.state === "terminated") return;
  const { declared } = world.parameters;
  const { instanceId } = machine;
  const withIt = (ids: readonly string[]) => [...ids.filter((id) => id !== instanceId), instanceId];
  declared.candidates = withIt(declared.candidates);
  writeSettings(world, { candidates: declared.candidates });
  writeRosterSoon(world, () => withIt(declared.roster));
}

function writeRosterSoon(world: World, roster: () => readonly string[]): void {
  world.time.after(world.random.between(1000, 60_000), () => {
    if (world.time.now > world.plan.calmAt) return;
    world.parameters.declared.roster = roster();
    writeSettings(world, { roster: world.parameters.declared.roster });
    settleSoon(world);
  });
}

function settleSoon(world: World): void {
  world.time.after(world.random.between(1000, 20_000), () => {
    settle(world);
  });
}
