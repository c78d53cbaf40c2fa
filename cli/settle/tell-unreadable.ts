import { fleetParameters } from "../../contract/parameters.ts";
import type { KnownMachines } from "../../contract/known-machines.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { judgeEntries } from "../entries/judge-entries.ts";
import type { JudgedEntry } from "../entries/judge-entry.ts";
import { note, tell, unsettled } from "./fleet-report.ts";
import type { Explanation, FleetReport } from "./fleet-report.ts";
import type { Inventory } from "./inventory.ts";

/** A fleet with unreadable lists, so that it is unknown which machines belong to it. */
export interface UnreadableFleet {
  environment: string;
  fleet: string;
  isConfigured: boolean;
  knownMachines: KnownMachines;
}

/**
 * Reports a fleet with unreadable lists, and the machines and entries that were left alone.
 *
 * @throws ServiceError when EC2 does not answer
 */
export async function tellUnreadable(
  { aws, clock }: { aws: Aws; clock: Clock },
  { isConfigured, ...place }: UnreadableFleet,
  machines: readonly ObservedMachine[],
  { entries = [] }: Inventory,
  report: FleetReport,
): Promise<void> {
  const judged = await judgeEntries(entries, { ...place, instances: aws.instances, clock });
  const own = judged.filter(({ fate }) => fate !== "foreign" && fate !== "living");
  tell(report, explainUnreadable(place, isConfigured, machines, own));
}

/** @param entries of the fleet, without those of living machines and of other environments */
export function explainUnreadable(
  { environment, fleet }: { environment: string; fleet: string },
  isConfigured: boolean,
  machines: readonly ObservedMachine[],
  entries: readonly JudgedEntry[],
): Explanation | undefined {
  const left = [
    ...machines.map(({ name, instanceState }) => `${name} (${instanceState})`),
    ...entries.map(({ entry }) => `the entry ${entry.name}`),
  ];
  const { candidates, roster } = fleetParameters(environment, fleet);
  const unreadable =
    `The lists of ${environment}-${fleet} (${candidates}, ${roster}) are missing, damaged or both empty, ` +
    "so nothing was terminated or removed there.";
  const leftAlone = left.length === 0 ? "" : ` Left as they are: ${left.join(", ")}.`;
  if (isConfigured) {
    return unsettled(`${unreadable}${leftAlone} \`pulumi up\` writes them. ${anchor}`);
  }
  if (left.length === 0) return undefined;
  // Only names of entries suggest such a fleet, and a name with a hyphen can be split in another way.
  if (machines.length === 0 && fleet.includes("-") && entries.every(({ fate }) => fate === "unknown")) {
    return note(
      `Entries at GitHub are named like machines of ${environment}-${fleet}, but ${environment} has no such fleet. ` +
        `They may belong to another environment, and were left as they are: ${left.join(", ")}.`,
    );
  }
  return unsettled(`${unreadable} The fleet is not in the configuration.${leftAlone} ${anchor}`);
}

const anchor = "See docs/troubleshooting.md#lists-unreadable.";
