import { parseMachineName } from "../../contract/names.ts";
import { knownMachinesParameter } from "../../contract/parameters.ts";
import { formatKnownMachines, parseKnownMachines } from "../../contract/known-machines.ts";
import type { KnownMachines } from "../../contract/known-machines.ts";
import type { Instance, RunnerEntry } from "../../observe/machine.ts";
import type { Parameters } from "../clients/parameters.ts";

/** @throws ServiceError when SSM does not answer */
export async function readKnownMachines(
  parameters: Parameters,
  environment: string,
  fleet: string,
): Promise<KnownMachines> {
  return (
    parseKnownMachines(await readText(parameters, knownMachinesParameter(environment, fleet))) ??
    new Map<string, number>()
  );
}

/** One look at a fleet's machines. */
export interface EntriesLook {
  /** The fleet's instances, as EC2 describes them. */
  instances: readonly Instance[];
  /** The fleet's entries at GitHub; undefined: GitHub was not asked, so nothing may be forgotten. */
  entries: readonly Pick<RunnerEntry, "name">[] | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Every instance that EC2 describes counts as seen now. A machine that is neither
 * there nor has an entry is forgotten, because no entry of it is left to remove.
 */
export function remember(before: KnownMachines, { instances, entries, now }: EntriesLook): KnownMachines {
  const named = new Set(entries?.map(({ name }) => parseMachineName(name)?.instanceId));
  const hasEntry = (id: string) => !entries || named.has(id);
  const kept = [...before].filter(([id]) => hasEntry(id));
  const present = instances.filter(({ id, state }) => state !== "terminated" || hasEntry(id));
  return new Map([...kept, ...present.map(({ id }) => [id, now] as const)]);
}

/**
 * Adds a look to the fleet's parameter `known-machines`. A missing parameter is
 * not created: the stack creates it, so that it is deleted with the fleet.
 *
 * @returns all known machines
 * @throws ServiceError when SSM refuses the value
 */
export async function keepKnownMachines(
  parameters: Parameters,
  { environment, fleet }: { environment: string; fleet: string },
  look: EntriesLook,
): Promise<KnownMachines> {
  const name = knownMachinesParameter(environment, fleet);
  const before = await readText(parameters, name);
  const seen = remember(parseKnownMachines(before) ?? new Map<string, number>(), look);
  const text = formatKnownMachines(seen);
  if (before !== undefined && text !== before) await parameters.write(name, text);
  return seen;
}

async function readText(parameters: Parameters, name: string): Promise<string | undefined> {
  return (await parameters.read([name])).get(name);
}
