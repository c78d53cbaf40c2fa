import { fleetOfEntry, isMachineOfFleet } from "../../contract/names.ts";
import { tags } from "../../contract/tags.ts";
import type { Instance, RunnerEntry } from "../../observe/machine.ts";

/** What EC2 and GitHub show of an environment, or of one fleet of it. */
export interface Inventory {
  /** Found by their tags. */
  instances: readonly Instance[];
  /** Undefined: GitHub was not asked, or has not answered. */
  entries: readonly RunnerEntry[] | undefined;
}

/** One fleet's part of an inventory: its instances by their tag, its entries by their name. */
export function fleetInventory(
  { instances, entries }: Inventory,
  environment: string,
  fleet: string,
): Inventory {
  return {
    instances: instances.filter((instance) => instance.tags[tags.fleet] === fleet),
    entries: entries?.filter(({ name }) => isMachineOfFleet(name, environment, fleet)),
  };
}

/**
 * All fleets of an environment: the configured ones, those in the instances'
 * tags, and those in the names of entries at GitHub.
 */
export function fleetsOf(
  environment: string,
  configured: readonly string[],
  { instances, entries = [] }: Inventory,
): string[] {
  const found = new Set(configured);
  for (const instance of instances) addTo(found, instance.tags[tags.fleet]);
  for (const { name } of entries) addTo(found, fleetOfEntry(name, environment));
  return [...found];
}

function addTo(fleets: Set<string>, fleet: string | undefined): void {
  if (fleet) fleets.add(fleet);
}
