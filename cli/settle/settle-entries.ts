import type { KnownMachines } from "../../contract/known-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import { forgottenAfterMs, whyItStays } from "../entries/judge-entry.ts";
import type { JudgedEntry } from "../entries/judge-entry.ts";
import { removeEntries } from "../entries/remove-entries.ts";
import type { Output } from "../terminal/output.ts";
import { note, tell, unsettled } from "./fleet-report.ts";
import type { Explanation, FleetReport } from "./fleet-report.ts";

export interface EntryCollaborators {
  aws: Aws;
  github: Github;
  clock: Clock;
  output: Output;
}

export interface EntrySources {
  knownMachines: KnownMachines;
  /** Ids on a list that EC2 does not describe. The report mentions those machines already. */
  listed: readonly string[];
}

/**
 * Removes the entries of machines that are gone. It waits for the machines that
 * this run has terminated, and reports entries that it cannot judge.
 *
 * @throws ServiceError when EC2 or GitHub does not answer
 */
export async function settleEntries(
  { aws, github, clock, output }: EntryCollaborators,
  place: { environment: string; fleet: string },
  { knownMachines, listed }: EntrySources,
  report: FleetReport,
): Promise<void> {
  const left = await removeEntries({
    ...place,
    instances: aws.instances,
    runners: github.runners,
    clock,
    output,
    knownMachines,
    awaits: ({ fate, instanceId }) => fate === "living" && report.ended.includes(instanceId),
    removed: ({ entry }) => report.removed.push(entry.name),
  });
  for (const each of left) {
    if (!listed.includes(each.instanceId)) tell(report, explainEntry(each));
  }
}

/** The sentence about an entry that stays, although no living machine of the fleet has its name. */
export function explainEntry(judged: JudgedEntry): Explanation {
  const stays = `The entry ${judged.entry.name} stays at GitHub: ${whyItStays(judged)}.`;
  if (judged.fate === "lingering") return note(`${stays} A later settle removes it.`);
  if (judged.fate === "missing" && !judged.entry.online) {
    const from = new Date(judged.lastSeen! + forgottenAfterMs).toISOString();
    return unsettled(`${stays} Run \`longhaul settle\` again after ${from}.`);
  }
  return unsettled(`${stays} See docs/troubleshooting.md#entry-unknown.`);
}
