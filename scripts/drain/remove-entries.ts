import { isMachineOfFleet, parseMachineName } from "../../contract/names.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import type { Runners } from "../clients/runners.ts";
import type { Instances } from "../clients/instances.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../output.ts";
import { pollUntil } from "../poll.ts";

/** GitHub shows a runner online for a while after its machine has gone. */
const offlineWithinMs = 180_000;

export interface EntryCollaborators {
  instances: Instances;
  runners: Runners;
  clock: Clock;
  output: Output;
}

/** The entries of a fleet, by what may be done with them. */
export interface SortedEntries {
  /** The machine is terminated and the entry offline. */
  removable: RunnerEntry[];
  /** The machine is terminated, and GitHub has not noticed yet. */
  lingering: RunnerEntry[];
  /** EC2 does not know the machine. That is no proof that it is gone. */
  unknown: RunnerEntry[];
}

/** @param states by instance id, of the instances that EC2 describes as this fleet's */
export function sortEntries(
  entries: readonly RunnerEntry[],
  states: ReadonlyMap<string, string>,
): SortedEntries {
  const sorted: SortedEntries = { removable: [], lingering: [], unknown: [] };
  for (const entry of entries) {
    const state = states.get(parseMachineName(entry.name)?.instanceId ?? "");
    if (state === undefined) sorted.unknown.push(entry);
    else if (state === "terminated") (entry.online ? sorted.lingering : sorted.removable).push(entry);
  }
  return sorted;
}

/**
 * Removes the entries at GitHub of a fleet's machines that EC2 reports as
 * terminated, waiting a little for those that GitHub still shows online. What
 * is left is told, and is no failure: GitHub drops it after 14 days.
 *
 * @param waiting whether to wait for entries to go offline
 */
export async function removeEntries(
  { instances, runners, clock, output }: EntryCollaborators,
  environment: string,
  fleet: string,
  waiting: boolean,
): Promise<void> {
  let left: RunnerEntry[] = [];
  await pollUntil(
    async () => {
      const entries = (await runners.list()).filter(({ name }) => isMachineOfFleet(name, environment, fleet));
      const { removable, lingering, unknown } = sortEntries(entries, await statesOfFleet());
      for (const entry of removable) {
        await runners.remove(entry);
        output.say(`The entry ${entry.name} was removed: its machine is terminated.`);
      }
      left = [...lingering, ...unknown];
      if (lingering.length === 0 || !waiting) return true;
      output.progress(`Waiting for GitHub to notice that ${lingering.length} machine(s) are gone.`);
      return undefined;
    },
    { clock, limitMs: offlineWithinMs, say: output.say },
  );
  for (const { name, online } of left) {
    const why = online ? "GitHub still shows it online" : "EC2 does not know its machine";
    output.say(`The entry ${name} stays at GitHub: ${why}.`);
  }

  async function statesOfFleet(): Promise<Map<string, string>> {
    const found = await instances.describe({
      tags: { [tags.project]: projectTag, [tags.environment]: environment, [tags.fleet]: fleet },
    });
    return new Map(found.map(({ id, state }) => [id, state]));
  }
}
