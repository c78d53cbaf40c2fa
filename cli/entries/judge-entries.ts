import { pieces } from "../../contract/pieces.ts";
import { isMachineOfFleet, parseMachineName } from "../../contract/names.ts";
import type { KnownMachines } from "../../contract/known-machines.ts";
import type { Instance, RunnerEntry } from "../../observe/machine.ts";
import type { InstanceSource } from "../../observe/sources.ts";
import type { Clock } from "../clock.ts";
import { judgeEntry } from "./judge-entry.ts";
import type { JudgedEntry } from "./judge-entry.ts";

/** EC2 accepts at most 200 values in a filter. */
const idsPerCall = 200;

export interface EntryLook {
  instances: InstanceSource;
  clock: Pick<Clock, "now">;
  environment: string;
  fleet: string;
  knownMachines: KnownMachines;
}

/**
 * Judges a fleet's entries by the instances in their names, as EC2 describes them
 * now. Finding machines by tag is not enough: a living one may have lost its tags.
 */
export async function judgeEntries(
  entries: readonly RunnerEntry[],
  { instances, clock, environment, fleet, knownMachines }: EntryLook,
): Promise<JudgedEntry[]> {
  const own = entries.filter(({ name }) => isMachineOfFleet(name, environment, fleet));
  const described = await describeAll(
    instances,
    own.map(({ name }) => parseMachineName(name)!.instanceId),
  );
  const evidence = { environment, fleet, instances: described, knownMachines, now: clock.now() };
  return own.map((entry) => judgeEntry(entry, evidence));
}

async function describeAll(
  instances: InstanceSource,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Instance>> {
  const found = new Map<string, Instance>();
  for (const instanceIds of pieces(ids, idsPerCall)) {
    for (const instance of await instances.describe({ tags: {}, instanceIds }))
      found.set(instance.id, instance);
  }
  return found;
}
