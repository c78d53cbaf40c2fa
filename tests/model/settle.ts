import { desiredFor } from "../../contract/desired.ts";
import { isOnline } from "./github.ts";
import { powerOff, terminate } from "./machine.ts";
import { currentSettings } from "./parameters.ts";
import { removeEntry } from "./sessions.ts";
import { tell } from "./trace.ts";
import type { Machine, World } from "./world.ts";
import { epoch } from "./world.ts";

/**
 * Ends machines that sleep on neither list, writes tokens for machines that ask
 * for one, and removes the entries of machines that are gone, as cli/settle
 * does.
 */
export function settle(world: World): void {
  const { time, random } = world;
  for (const machine of world.machines) {
    if (machine.state !== "running" || !machine.needsToken || machine.tokenAt < Infinity) continue;
    machine.tokenAt = time.now + random.between(500, 5000);
  }
  for (const machine of world.machines) {
    if (machine.state !== "stopped") continue;
    const readAt = time.now;
    const settings = currentSettings(world);
    if (desiredFor(machine, settings, epoch + time.now).listing !== "none") continue;
    time.after(random.delay(100, 2000, 10, 10_000), () => {
      if (machine.state !== "stopped") return;
      time.after(random.delay(20, 300, 10, 3000), () => {
        endUnlocked(world, machine, readAt);
      });
    });
  }
  time.after(random.between(200, 5000), () => {
    removeEntries(world);
  });
}

/** The terminating call for a machine with open locks, whatever its state is by now. */
function endUnlocked(world: World, machine: Machine, readAt: number): void {
  if (machine.state === "running") powerOff(world, machine, "settle");
  if (machine.state === "terminated") return;
  tell(world, [machine.name], () => "settle terminates it");
  machine.boot++;
  terminate(world, machine, readAt);
}

function removeEntries(world: World): void {
  const { github, machines, random, variant } = world;
  // EC2 forgets a machine some time after its end, and sometimes does not find an existing one.
  const found = machines.filter(() => random.below(20) > 0);
  if (found.length === machines.length && machines.every(({ state }) => state !== "terminated")) return;
  const states = new Map(found.map(({ instanceId, state }) => [instanceId, state]));
  const entries = github.entries.map((entry, id) => ({
    id,
    name: entry.machine.name,
    online: isOnline(world, entry),
    busy: entry.work !== undefined,
    systemLabels: [],
    customLabels: [],
  }));
  const before = github.entries;
  for (const { id } of variant.removable(entries, states)) {
    world.tally.entriesRemoved++;
    removeEntry(world, before[id]!, "settle");
  }
}
